"""The videos of this browser, as a list that only the browser keeps: their state is asked for in one call.

Knows nothing of who asks: whoever knows a session's id may know how it stands.
"""

from dataclasses import dataclass
from html import escape
from typing import Any

import gradio as gr

from smolvlm_core.domain import AnalysisType, Status
from smolvlm_core.jobs.service import JobService
from smolvlm_core.jobs.views import GlanceView
from smolvlm_core.ui.browser import STORAGE_KEY as SESSION_KEY
from smolvlm_core.ui.links import session_id_in
from smolvlm_core.ui.render import place_words, sentence
from smolvlm_core.ui.words import _, plural

STORAGE_KEY = "smolvlm-videos"
MOST = 20  # the newest are kept
NAME_CHARS = 300

# ``window.svVideos.opened`` is told which session the page shows ('' for none). The list is read anew each time:
# other tabs write it too. What is gone is told of once, so it stays in this tab and leaves the storage.
HISTORY_JS = """
const KEY = 'STORAGE_KEY', MOST = LENGTH, POLL_MS = 3000, RETRY_MS = 10000;
const gone = [];
let current, timer, round = 0;
const read = () => {
  try { const list = JSON.parse(localStorage.getItem(KEY)); return Array.isArray(list) ? list : []; }
  catch { return []; }
};
const write = (list) => {
  try { localStorage.setItem(KEY, JSON.stringify(list.slice(0, MOST))); } catch { /* private mode */ }
};
const forget = (id) => {
  write(read().filter((one) => one.id !== id));
  gone.splice(0, gone.length, ...gone.filter((one) => one.id !== id));
};
const shown = () => [...read(), ...gone].sort((a, b) => b.at - a.at).slice(0, MOST);
const ask = async (list) => {
  const answer = await server.listed(list.map(({id, name, at}) => ({id, name, age_s: (Date.now() - at) / 1000})));
  const stored = read();
  for (const one of stored) {
    if (answer.gone.includes(one.id) && one.id !== current) { gone.push(one); }
  }
  const kept = stored.filter(({id}) => !gone.some((one) => one.id === id));
  write(kept.map((one) => ({...one, name: answer.names[one.id] ?? one.name})));
  return answer;
};
const refresh = async () => {
  clearTimeout(timer);
  if (!element.isConnected) { return; }
  const mine = ++round, list = shown();
  if (current || !list.length) { element.replaceChildren(); return; }
  if (document.hidden) { return; }
  let wait_ms = RETRY_MS;
  try {
    const answer = await ask(list);
    if (mine !== round) { return; }
    const focused = document.activeElement?.closest('[data-video]')?.dataset.video;
    element.innerHTML = answer.html;
    if (focused) { element.querySelector(`[data-video="${focused}"] :is(a, button)`)?.focus(); }
    wait_ms = answer.running ? POLL_MS : 0;
  } catch { /* no connection: what is shown stays */ }
  if (mine === round && wait_ms) { timer = setTimeout(refresh, wait_ms); }
};
const opened = (session) => {
  if (!session && window.svDeleting) { forget(window.svDeleting); }
  window.svDeleting = '';
  const isNew = session && session !== current;
  current = session;
  if (isNew) {
    const before = read(), known = before.find((one) => one.id === session);
    write([known ?? {id: session, name: '', at: Date.now()}, ...before.filter((one) => one.id !== session)]);
    ask(read().slice(0, 1)).catch(() => {});
  }
  refresh();
};
element.addEventListener('click', (event) => {
  const row = event.target.closest('[data-video]');
  if (!row) { return; }
  if (event.target.closest('button')) {
    const next = row.nextElementSibling ?? row.previousElementSibling;
    forget(row.dataset.video);
    if (next) { row.remove(); next.querySelector('a, button')?.focus(); } else { refresh(); }
  } else if (event.target.closest('a') && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    trigger('open', {session: row.dataset.video});
  }
});
window.addEventListener('storage', ({key}) => { if (key === KEY) { refresh(); } });
document.addEventListener('visibilitychange', refresh);
window.svVideos = {opened};
if (window.svSession !== undefined) { opened(window.svSession); }
""".replace("STORAGE_KEY", STORAGE_KEY).replace("LENGTH", str(MOST))

OPENED_JS = """
(session) => {
  if (!window.svAddressWasRead) { return; }
  if (session !== window.svSession) { document.querySelector('#sv-copied')?.replaceChildren(); }
  if (!session) { try { localStorage.removeItem('SESSION_KEY'); } catch { /* private mode */ } }
  window.svSession = session;
  window.svVideos?.opened(session);
}
""".replace("SESSION_KEY", SESSION_KEY)
"""Tells the list which session the page shows.

``gr.BrowserState`` never stores an empty value: without the removal, the next visit would open the video that
was just left or deleted.
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the list, as the browser keeps it. ``age_s``: since the video was first opened there."""

    session_id: str
    name: str
    age_s: float


def history(service: JobService) -> gr.HTML:
    """The list. Always on the page, for it has to notice which video is opened; empty while one is."""

    def listed(stored: object) -> dict[str, Any]:
        return answer_of(service, entries_in(stored))

    return gr.HTML(elem_id="sv-history", js_on_load=HISTORY_JS, server_functions=[listed])


def entries_in(stored: object) -> list[Entry]:
    """What a browser sent, as far as it is a list of ours."""
    entries: dict[str, Entry] = {}
    for one in stored[:MOST] if isinstance(stored, list) else ():
        session_id = session_id_in(str(one.get("id"))) if isinstance(one, dict) else None
        if session_id is None:
            continue
        age_s = one.get("age_s")
        known = isinstance(age_s, int | float)
        entries[session_id] = Entry(
            session_id, str(one.get("name") or "")[:NAME_CHARS], float(age_s) if known else 0.0
        )
    return list(entries.values())


def answer_of(service: JobService, entries: list[Entry]) -> dict[str, Any]:
    """The list as HTML, and what the browser should know for the next time."""
    glances, expired = service.glance([entry.session_id for entry in entries])
    found = {glance.session_id: glance for glance in glances}
    rows = "".join(_row(entry, found.get(entry.session_id), entry.session_id in expired) for entry in entries)
    return {
        "html": f'<section class="sv-history"><h2>{_("Your videos here")}</h2><ul>{rows}</ul></section>'
        if rows
        else "",
        "names": {session_id: glance.filename for session_id, glance in found.items()},
        "gone": [entry.session_id for entry in entries if entry.session_id not in found],
        "running": any(glance.status is Status.ANALYZING for glance in glances),
    }


def _row(entry: Entry, glance: GlanceView | None, expired: bool) -> str:
    name = escape(glance.filename if glance else entry.name or _("A video"))
    if glance is None:
        title, words = f"<b>{name}</b>", _("Gone: its time was up.") if expired else _("Gone: it was deleted.")
    else:
        title, words = f'<a href="?session={entry.session_id}">{name}</a>', state_words(glance)
    return (
        f'<li data-video="{entry.session_id}"><div>{title}<p class="sv-muted">{escape(words)} '
        f"<span>{escape(age_words(entry.age_s))}</span></p></div>"
        f'<button type="button" title="{_("Only from this list: the video stays until its time is up.")}" '
        f'aria-label="{_("Remove {name} from this list", name=name)}">{_("Remove")}</button></li>'
    )


def state_words(glance: GlanceView) -> str:
    """How a session stands, in a few words."""
    match glance.status:
        case Status.UPLOADED:
            return _("Not analyzed yet.")
        case Status.ANALYZING if glance.queue_position is not None:
            return sentence(place_words(glance.queue_position))
        case Status.ANALYZING:
            return _("Analyzing, {percent} %.", percent=f"{glance.percent:.0f}")
        case Status.COMPLETED:
            return _found_words(glance)
        case Status.FAILED:
            return _("The analysis failed.")
        case Status.CANCELLED:
            return _("Cancelled.")


def _found_words(glance: GlanceView) -> str:
    if glance.found is None:  # analyzed before this was written down
        return _("Done.")
    if glance.analysis_type is AnalysisType.WORKOUT:
        if glance.found:
            return plural("Done: {count} set.", "Done: {count} sets.", glance.found)
        return _("Done: no sets.")
    if glance.found:
        return plural("Done: {count} highlight.", "Done: {count} highlights.", glance.found)
    return _("Done: no highlights.")


def age_words(age_s: float) -> str:
    """``just now``, ``5 minutes ago``, ``3 hours ago``."""
    days, hours, minutes = (int(age_s / unit_s) for unit_s in (86400.0, 3600.0, 60.0))
    if days:
        return plural("Added {count} day ago.", "Added {count} days ago.", days)
    if hours:
        return plural("Added {count} hour ago.", "Added {count} hours ago.", hours)
    if minutes:
        return plural("Added {count} minute ago.", "Added {count} minutes ago.", minutes)
    return _("Added just now.")
