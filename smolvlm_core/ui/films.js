// Clips, the reel and the archive of all clips are made when somebody wants them: begun and followed by POST, then
// fetched from the same address. Without this script their links just wait.
const FILM_POLL_MS = 700, FILM_AGAIN_MS = 3000, FILM_WAIT_MOST_S = 60;
const filming = new Set();

const filmPause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });
const placeOf = (address) =>
  element.querySelector(`[data-film="${CSS.escape(address)}"]`)?.closest('.sv-film')?.querySelector('.sv-making');

// `word` names one of the words beside the place; none hides it.
const tellFilm = (address, word, percent = 0) => {
  const place = placeOf(address);
  if (!place) { return; }
  place.hidden = !word;
  const said = place.querySelector('[role=status]'), text = place.dataset[word] ?? '';
  if (said.textContent !== text) { said.textContent = text; }
  const bar = place.querySelector('.sv-bar');
  bar.hidden = word === 'failed';
  bar.setAttribute('aria-valuenow', Math.floor(percent));
  bar.firstElementChild.style.width = `${percent}%`;
};

const isMade = async (address) => {
  tellFilm(address, 'waiting');
  while (element.isConnected) {
    let wait_ms = FILM_AGAIN_MS;
    try {
      const answer = await fetch(address, {method: 'POST'});
      const wait_s = Number(answer.headers.get('Retry-After'));
      if (answer.ok) {
        const {status, progress} = await answer.json();
        if (status === 'ready') { return true; }
        tellFilm(address, status, progress);
        wait_ms = FILM_POLL_MS;
      } else if (wait_s && wait_s <= FILM_WAIT_MOST_S) {
        wait_ms = 1000 * wait_s;
      } else {
        return false;
      }
    } catch { /* no connection: again in a while */ }
    await filmPause(wait_ms);
  }
  return false;
};

const fetchFilm = (address) => {
  const link = Object.assign(document.createElement('a'), {href: address, download: ''});
  document.body.append(link);
  link.click();
  link.remove();
};
const playFilm = (button) => {
  const {plays, name} = button.dataset;
  const video = Object.assign(document.createElement('video'), {src: plays, controls: true, ariaLabel: name});
  video.setAttribute('playsinline', '');
  button.replaceWith(video);
  video.focus();
  video.play().catch(() => {});
};

element.addEventListener('click', async (event) => {
  const wanted = event.target.closest('[data-film]'), address = wanted?.dataset.film;
  if (!wanted || event.ctrlKey || event.metaKey || event.shiftKey) { return; }
  event.preventDefault();
  if (filming.has(address)) { return; }
  filming.add(address);
  const made = await isMade(address);
  filming.delete(address);
  tellFilm(address, made ? '' : 'failed');
  if (!made) { return; }
  if (!wanted.dataset.plays) { fetchFilm(address); } else if (wanted.isConnected) { playFilm(wanted); }
});
