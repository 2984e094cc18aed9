"""What happens in the browser before a file is sent: files that cannot be used are told of beside the drop zone.

Gradio's own checks go by the type that the browser guesses from the name, and complain in a corner of the page.
Here every file is let through whose size the server takes; what it is, the server finds out by its first bytes.
"""

import json

import gradio as gr

from smolvlm_core.domain import Limits
from smolvlm_core.jobs.sessions import VIDEO_SUFFIXES
from smolvlm_core.ui.render import size_words
from smolvlm_core.ui.words import _, data, everywhere

# Listeners are on the document and come first (capture); Gradio's sit on its input and button.
INTAKE_JS = """
const most_bytes = MOST_BYTES, suffixes = SUFFIXES;
const setUp = () => {
  const zone = '#sv-upload', checked = new WeakSet();
  const KEY = 'smolvlm-lost', LASTS_MS = 30000;
  let sending = false, place;
  const clear = () => {
    sending = false;
    place.replaceChildren();
  };
  // The words are beside the place (``data`` in words.py), in the language of the page.
  const say = (title, more, bytes) => {
    const {[title]: name, [more]: text} = place.dataset;
    clear();
    document.querySelector('#sv-intake-note .sv-note')?.remove();
    const note = Object.assign(document.createElement('div'), {className: 'sv-note sv-error'});
    note.setAttribute('role', 'alert');
    note.append(
      Object.assign(document.createElement('strong'), {textContent: name}),
      Object.assign(document.createElement('p'), {textContent: text.replace('SIZE', size(bytes))}),
    );
    place.append(note);
  };
  const size = (bytes = 0) => {
    const mega = bytes / 1024 ** 2;
    return mega < 1000 ? `${Math.ceil(mega)} MB` : `${(mega / 1024).toFixed(1)} GB`;
  };
  const refusal = (transfer) => {
    const file = transfer.files[0], entry = transfer.items?.[0]?.webkitGetAsEntry?.();
    if (entry?.isDirectory) { return ['folder', 'folder_more']; }
    if (!file) { return ['none', 'none_more']; }
    return file.size > most_bytes ? ['large', 'large_more', file.size] : null;
  };
  const fit = (transfer) => {
    const fitting = new DataTransfer(), refused = refusal(transfer);
    if (refused) { say(...refused); return fitting; }
    clear();
    document.querySelector('#sv-intake-note .sv-note')?.remove();
    const file = transfer.files[0];
    const isVideo = file.type.startsWith('video/');
    fitting.items.add(isVideo ? file : new File([file], file.name, {type: 'video/mp4'}));
    sending = true;
    return fitting;
  };
  document.addEventListener('click', ({target}) => {
    const input = target.closest?.(zone)?.querySelector('input[type=file]');
    if (input) { input.accept = ['video/*', ...suffixes].join(','); }
  }, true);
  document.addEventListener('change', (event) => {
    if (!event.target.matches?.(`${zone} input[type=file]`)) { return; }
    event.target.files = fit(event.target).files;
  }, true);
  const carriesFiles = (event) => event.dataTransfer?.types.includes('Files');
  document.addEventListener('dragover', (event) => { if (carriesFiles(event)) { event.preventDefault(); } });
  document.addEventListener('drop', (event) => {
    const inside = event.target.closest?.(zone);
    if (checked.has(event) || !(inside || carriesFiles(event))) { return; }
    event.preventDefault();  // beside the drop zone, the browser would leave the page for the file
    event.stopImmediatePropagation();
    const taker = inside ? event.target : document.querySelector(`${zone} button:has(input[type=file])`);
    if (!taker) { return; }
    const again = new DragEvent('drop', {bubbles: true, cancelable: true, dataTransfer: fit(event.dataTransfer)});
    checked.add(again);
    taker.dispatchEvent(again);
  }, true);
  // Its preview cannot play every format that can be analyzed, and says so in the corner.
  document.addEventListener('error', (event) => {
    if (event.target.closest?.(zone)) { event.stopImmediatePropagation(); }
  }, true);
  const lost = () => say('lost', 'lost_more');
  new MutationObserver(() => {
    if (!sending) { return; }
    if (document.querySelector('#sv-intake-note .sv-note, #sv-player video')) { clear(); return; }
    const failure = document.querySelector('.toast-body.error');
    if (!failure) { return; }
    failure.querySelector('.toast-close')?.click();
    // Gradio may show the file as if it had come.
    document.querySelector(`${zone} button[aria-label="Clear"]`)?.click();
    lost();
    try { sessionStorage.setItem(KEY, String(Date.now())); } catch { /* not allowed: it is just not said again */ }
  }).observe(document.body, {childList: true, subtree: true});
  return (here) => {
    place = here;
    let lost_at = 0;
    try { lost_at = Number(sessionStorage.getItem(KEY)); sessionStorage.removeItem(KEY); } catch { /* as above */ }
    if (Date.now() - lost_at < LASTS_MS) { lost(); }
  };
};
// Once a page. Gradio loads it again when the connection is back: what was lost is told of once more.
window.svIntake ??= setUp();
window.svIntake(element.querySelector('#sv-refused'));
"""


def refusals(limits: Limits) -> gr.HTML:
    """The place for such notes, to be put beside the drop zone; brings the script with it."""
    script = INTAKE_JS
    for name, value in (
        ("MOST_BYTES", limits.max_upload_bytes),
        ("SUFFIXES", VIDEO_SUFFIXES),
    ):
        script = script.replace(name, json.dumps(value))
    return gr.HTML(everywhere(lambda: refusal_place(limits)), js_on_load=script)


def refusal_place(limits: Limits) -> str:
    """Where they are shown, with the words for them; SIZE stands for that of a file."""
    words = {
        "folder": _("This is a folder"),
        "folder_more": _("Add one video file out of it."),
        "none": _("There is no file in this"),
        "none_more": _(
            "Add a video file from this device. A video on a web page has to be downloaded first.",
        ),
        "large": _("This file is too large"),
        "large_more": _(
            "It has {size}, and this server takes {most} at most. "
            "Cut it into shorter parts, or save it with a smaller picture, and add that.",
            size="SIZE",
            most=size_words(limits.max_upload_bytes),
        ),
        "lost": _("The video did not arrive"),
        "lost_more": _(
            "The connection broke off, or the file was moved or changed meanwhile. Check both, and add it again."
        ),
    }
    return f'<div id="sv-refused"{data(words)}></div>'
