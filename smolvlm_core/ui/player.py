"""The player: shows the upload where the browser plays it, else has another version made and switches to that.

The browser decides, not a list of browsers: it is given the upload first and says itself when it cannot play it.
"""

from html import escape

from smolvlm_core.domain import VideoInfo
from smolvlm_core.ui.words import _, marked
from smolvlm_core.video.playable import name_of, playability_of

# Relative, so that they also work behind a proxy that serves the app under a folder.
SOURCE_URL = "api/v1/video/source/{session_id}"
PREVIEW_URL = "api/v1/video/preview/{session_id}"

PREPARING = marked("Preparing a version that this browser can play …")
WAITING = marked("Other videos are prepared first. The analysis does not have to wait.")
MAKING = marked("The analysis does not have to wait.")

PLAYER_JS = """
const POLL_MS = 1000, AGAIN_MS = 3000, LONG_S = 60, NETWORK = 2;
const later = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

const show = (box, state) => {
  ['sv-preparing', 'sv-cannot'].forEach((name) => box.classList.toggle(name, name === state));
  const told = {'sv-preparing': box.dataset.preparing, 'sv-cannot': box.dataset.cannot}[state] || '';
  const line = box.querySelector('.sv-state');
  if (line.textContent !== told) { line.textContent = told; }
};

const tell = (box, found) => {
  const percent = Math.floor(found.progress), bar = box.querySelector('.sv-bar');
  bar.setAttribute('aria-valuenow', percent);
  bar.firstElementChild.style.width = `${found.progress}%`;
  box.querySelector('.sv-percent').textContent = `${percent}%`;
  box.querySelector('.sv-muted').textContent = box.dataset[found.status === 'waiting' ? 'waiting' : 'making'];
};

const ask = async (box) => {
  try {
    const answer = await fetch(box.dataset.preview, {method: 'POST'});
    if (answer.ok) { return await answer.json(); }
    const wait = Number(answer.headers.get('Retry-After'));
    return wait ? {status: 'later', wait} : {status: 'failed'};
  } catch { return {status: 'later', wait: AGAIN_MS / 1000}; }
};

// What has no picture may still have sound, and would play it unseen: nothing is loaded while one waits. A time
// that is set meanwhile is where the player begins.
const load = (box, shows, url) => {
  const video = box.querySelector('video'), time = video.currentTime;
  box.dataset.shows = shows;
  if (url) { video.src = url; } else { video.removeAttribute('src'); }
  video.load();
  if (time) { video.currentTime = time; }
};

const prepare = async (box) => {
  load(box, 'nothing');
  show(box, 'sv-preparing');
  while (box.isConnected) {
    const found = await ask(box);
    if (found.status === 'ready') { load(box, 'preview', box.dataset.preview); show(box, ''); return; }
    if (found.status === 'failed') { show(box, 'sv-cannot'); return; }
    if (found.status === 'later') {
      show(box, found.wait > LONG_S ? 'sv-cannot' : 'sv-preparing');
    } else {
      show(box, 'sv-preparing');
      tell(box, found);
    }
    await later(found.wait ? 1000 * found.wait : POLL_MS);
  }
};

const unplayable = (video) => {
  const box = video.closest('.sv-player');
  if (!box) { return; }
  if (video.error?.code === NETWORK) {
    const time = video.currentTime;
    later(AGAIN_MS).then(() => { video.load(); video.currentTime = time; });
  } else if (box.dataset.shows === 'source') {
    prepare(box);
  } else if (box.dataset.shows === 'preview') {
    show(box, 'sv-cannot');
  }
};

element.addEventListener('error', ({target}) => {
  if (target.tagName === 'VIDEO') { unplayable(target); }
}, true);
element.addEventListener('loadedmetadata', ({target}) => {
  if (target.tagName === 'VIDEO' && target.videoWidth === 0) { unplayable(target); }
}, true);
element.addEventListener('loadstart', ({target}) => {
  const box = target.closest?.('.sv-player');
  if (box && 'silent' in box.dataset && box.dataset.shows === 'source') { prepare(box); }
}, true);
"""
"""Media events do not bubble, hence the capturing listeners; a codec without decoder has no picture width.

A click on a row sets the player's time while it has nothing to show, too: it begins there when it has.
"""


def player(session_id: str, video: VideoInfo) -> str:
    """The video, and what to say while there is another version to wait for, and where there is none to be had.

    The same for a session at all times, so that an update of the page does not stop what plays.
    """
    url, preview = (escape(form.format(session_id=session_id)) for form in (SOURCE_URL, PREVIEW_URL))
    cannot = _(
        "This browser cannot play {format} video. "
        "The analysis reads it all the same, and the times below are right.",
        format=name_of(video.codec),
    )
    silent = " data-silent" if playability_of(video).silent else ""
    texts = {"preparing": _(PREPARING), "waiting": _(WAITING), "making": _(MAKING), "cannot": cannot}
    told = "".join(f' data-{name}="{escape(text)}"' for name, text in texts.items())
    return (
        f'<div class="sv-player" data-shows="source" data-preview="{preview}"{silent}{told}>'
        f'<video src="{url}" controls playsinline preload="metadata" '
        f'style="aspect-ratio: {video.width} / {video.height}" aria-label="{escape(video.filename)}"></video>'
        '<div class="sv-instead"><div class="sv-row"><p class="sv-state" role="status"></p>'
        '<span class="sv-percent"></span></div><div class="sv-bar" role="progressbar" '
        f'aria-label="{_("Preparing the video")}" aria-valuemin="0" aria-valuemax="100">'
        '<i style="width: 0"></i></div>'
        '<p class="sv-muted"></p></div></div>'
    )
