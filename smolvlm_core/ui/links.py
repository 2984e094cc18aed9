"""Links to a session: read out of what somebody pasted, and copied for somebody else. Knows no session."""

import re

SESSION_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

NO_LINK = "There is no video in this link. It should end in ?session= and a long code, as the page's address does."
UNKNOWN = (
    "There is no such video on this server. It may have been deleted, or the link may be of another server. "
    "Check that it was copied whole."
)
EXPIRED = "The time of this video is up, so it was deleted. Ask for it to be added again."
WHO_SEES_IT = "Whoever has the link can see the video and its results, and can delete them."

# Pages that are not served over HTTPS have no clipboard; the older way needs a field to copy from.
COPY_LINK_JS = """
async () => {
  const note = document.querySelector('#sv-copied');
  const say = (title, more) => {
    const box = document.createElement('div');
    box.className = 'sv-note';
    box.append(Object.assign(document.createElement('strong'), {textContent: title}), more);
    note.replaceChildren(box);
  };
  const byField = (text) => {
    const field = Object.assign(document.createElement('textarea'), {value: text, readOnly: true});
    field.style.cssText = 'position: fixed; top: 0; opacity: 0';
    document.body.append(field);
    field.select();
    const done = document.execCommand('copy');
    field.remove();
    return done;
  };
  const link = window.location.href;
  let copied = false;
  try { await navigator.clipboard.writeText(link); copied = true; } catch { copied = byField(link); }
  const who = document.createElement('p');
  who.textContent = 'WHO_SEES_IT';
  if (copied) { say('Link copied', who); return; }
  const field = Object.assign(document.createElement('input'), {value: link, readOnly: true, ariaLabel: 'Link'});
  const both = document.createElement('p');
  both.append(field, who);
  say('Copy this link', both);
  field.select();
}
""".replace("WHO_SEES_IT", WHO_SEES_IT)


def session_id_in(text: str) -> str | None:
    """The session that a link, the end of one or a bare id names; None where there is none."""
    found = SESSION_ID.search(text.lower())
    return found.group() if found else None
