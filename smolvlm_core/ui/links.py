"""Links to a session: read out of what somebody pasted, and copied for somebody else. Knows no session."""

import re

from smolvlm_core.ui.words import _, data, marked

SESSION_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

NO_LINK = marked(
    "There is no video in this link. It should end in ?session= and a long code, as the address of a page does."
)
UNKNOWN = marked(
    "There is no such video on this server. It may have been deleted, or the link may be of another server. "
    "Check that it was copied whole."
)
EXPIRED = marked("The time of this video is up, so it was deleted. Ask for it to be added again.")

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
  who.textContent = note.dataset.who;
  if (copied) { say(note.dataset.copied, who); return; }
  const field = Object.assign(document.createElement('input'), {value: link, readOnly: true});
  field.ariaLabel = note.dataset.link;
  const both = document.createElement('p');
  both.append(field, who);
  say(note.dataset.uncopied, both);
  field.select();
}
"""
"""Says what came of it in the place that ``copied_place`` makes."""


def copied_place() -> str:
    """Where the page says that a link was copied, with the words for it, and for the question before deleting."""
    words = {
        "copied": _("Link copied"),
        "uncopied": _("Copy this link"),
        "link": _("Link"),
        "deleting": _("Delete this video and its results for good?"),
        "who": _("Whoever has the link can see the video and its results, and can delete them."),
    }
    return f'<div id="sv-copied" role="status"{data(words)}></div>'


def session_id_in(text: str) -> str | None:
    """The session that a link, the end of one or a bare id names; None where there is none."""
    found = SESSION_ID.search(text.lower())
    return found.group() if found else None
