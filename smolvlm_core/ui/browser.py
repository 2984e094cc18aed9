"""What runs in the browser: small scripts that Gradio's events and components carry."""

from pathlib import Path

STORAGE_KEY = "smolvlm-session"
# Fixed, so that a restart of the server can still read what an earlier one stored. It keeps no secret:
# a session id in the visitor's own browser is visible in the address bar anyway.
STORAGE_SECRET = "smolvlm-session-id"  # noqa: S105

READ_ADDRESS_JS = """
(stored) => {
  window.svAddressWasRead = true;
  return [new URLSearchParams(window.location.search).get('session') || stored || ''];
}
"""
"""The session of this tab: the one in its address, else the last one of this browser."""

WRITE_ADDRESS_JS = """
(session) => {
  if (!window.svAddressWasRead) { return; }
  const url = new URL(window.location);
  if (session) { url.searchParams.set('session', session); } else { url.searchParams.delete('session'); }
  if (url.href !== window.location.href) { window.history.replaceState(window.history.state, '', url); }
}
"""
"""Puts the session into the address, without a reload, so that it can be bookmarked and shared.

Not before the address was read: what the browser remembers arrives first, and would replace it.
"""

SEEK_JS = """
element.addEventListener('click', (event) => {
  const row = event.target.closest('a') ? null : event.target.closest('[data-start]');
  const video = document.querySelector('#sv-player video');
  if (!row || !video) { return; }
  video.currentTime = Number(row.dataset.start);
  video.play().catch(() => {});
  video.scrollIntoView({block: 'nearest', behavior: 'smooth'});
  document.querySelectorAll('.sv-rows tr.sv-now').forEach((other) => other.classList.remove('sv-now'));
  row.classList.add('sv-now');
});
"""
"""Anything with ``data-start`` (seconds) inside plays the video from there."""

PLAYHEAD_JS = """
document.addEventListener('timeupdate', ({target}) => {
  const head = element.querySelector('.sv-head');
  if (!head || !target.closest?.('#sv-player') || !target.duration) { return; }
  head.hidden = false;
  head.style.left = `${Math.min(100, 100 * target.currentTime / target.duration)}%`;
}, true);
"""
"""The timeline shows where the player is."""

TAB_JS = """
document.title = element.querySelector('[data-tab]').dataset.tab;
"""
"""The name of the tab, in the visitor's language."""

ARROWS_JS = """
if (!window.svArrows) {
  window.svArrows = true;
  const STEPS = {ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1};
  document.addEventListener('keydown', (event) => {
    const {target, key} = event, group = target.matches?.('[type=radio]') && target.closest('fieldset');
    if (!group || !(key in STEPS)) { return; }
    event.preventDefault();
    const all = [...group.querySelectorAll('[type=radio]')];
    const next = all[(all.indexOf(target) + STEPS[key] + all.length) % all.length];
    next.focus();
    next.click();
  });
}
"""
"""Arrow keys go from choice to choice: Gradio names each by itself, so that browsers take them for strangers."""

SHOW_SIDE_JS = """
() => { document.querySelector('#sv-side')?.scrollIntoView({block: 'nearest', behavior: 'smooth'}); }
"""
"""On a phone the side column stands below the video, out of sight."""

CONFIRM_DELETE_JS = """
(session) => {
  window.svDeleting = window.confirm(document.querySelector('#sv-copied').dataset.deleting) ? session : '';
  return [window.svDeleting];
}
"""
"""An empty id means no. What is being deleted also leaves this browser's list (``history``)."""


def sets_js() -> str:
    """The cards of sets can be corrected."""
    return _script("sets.js")


def films_js() -> str:
    """Films are made before they are fetched, and the page says how far they are."""
    return _script("films.js")


def _script(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")
