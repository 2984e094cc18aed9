"""What runs in the browser around results: one moment played to its end, its picture on the timeline, news."""

PLAY_ONE_JS = """
element.addEventListener('click', (event) => {
  const piece = event.target.closest('a') ? null : event.target.closest('[data-start]');
  const video = document.querySelector('#sv-player video');
  if (!piece || !video) { return; }
  video.svFrom = Number(piece.dataset.start);
  video.svUntil = piece.dataset.end ? Number(piece.dataset.end) : undefined;
  document.querySelectorAll('.sv-play.sv-now').forEach((other) => {
    if (other !== piece) { other.classList.remove('sv-now'); }
  });
});
"""
"""What was clicked plays to its own end, if it has one (``data-end``, seconds)."""

STOP_AT_END_JS = """
const over = (video) => {
  if (!video.svUntil || video.seeking || video.currentTime < video.svUntil) { return; }
  video.pause();
  video.currentTime = video.svUntil;  // a busy browser looks late
  video.svUntil = undefined;
};
const follow = (video) => {
  over(video);
  if (video.svUntil && !video.paused) { requestAnimationFrame(() => follow(video)); }
};
const onPlayer = (name, react) => document.addEventListener(name, ({target}) => {
  if (target.closest?.('#sv-player')) { react(target); }
}, true);
onPlayer('playing', follow);
onPlayer('timeupdate', over);
onPlayer('seeking', (video) => {
  const inside = video.currentTime > video.svFrom - 0.1 && video.currentTime < video.svUntil;
  if (!inside) { video.svUntil = undefined; }
});
"""
"""For a component that is on the page once. A look at every frame stops in time, ``timeupdate`` in a hidden tab;
who seeks elsewhere meanwhile watches on."""

PEEK_JS = """
const peek = document.createElement('img');
peek.className = 'sv-peek';
peek.alt = '';
element.addEventListener('mouseover', (event) => {
  const mark = event.target.closest('[data-picture]');
  if (!mark) { peek.remove(); return; }
  const half = 100, line = element.getBoundingClientRect(), box = mark.getBoundingClientRect();
  const middle = (box.left + box.right) / 2 - line.left;
  peek.src = mark.dataset.picture;
  peek.style.left = `${Math.max(half, Math.min(line.width - half, middle))}px`;
  element.append(peek);
});
element.addEventListener('mouseleave', () => peek.remove());
peek.addEventListener('error', () => peek.remove());
"""
"""Over a mark its picture shows. For the pointer alone: the cards have the same pictures for everybody."""

LOOK_AGAIN_JS = """
document.addEventListener('visibilitychange', () => {
  if (!document.hidden && element.isConnected) { trigger('click'); }
});
"""
"""A tab that comes to the front asks whether another one has changed the results meanwhile."""
