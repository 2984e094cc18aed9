// The cards of a workout's sets: names, repetitions and notes are edited in place, sets removed and put back.
// Each change is sent as the event 'correct', one after the other; the answer is the component's new value, which
// Gradio merges into the page without touching what stays. `data-value` is what the server knows.
const begun = new Map(); // fields being edited, and what they showed when that began
const unfolded = new Set();
const line = []; // changes that wait for the one before
let waiting = null, tooLate = 0, hush = 0, count = 0;

const ANSWER_WITHIN_MS = 20000, SETTLED_AFTER_MS = 900, HUSH_AFTER_MS = 6000;

const all = (selector) => element.querySelectorAll(selector);
const cardOf = (node) => node.closest('[data-step]');
const say = (word, failed = false) => {
  const place = element.querySelector('.sv-answer');
  if (!place) { return; }
  place.textContent = element.querySelector('.sv-sets').dataset[word]; // in the language of the page
  place.classList.toggle('sv-failed', failed);
  quietSoon();
};
const quietSoon = () => {
  clearTimeout(hush);
  const place = element.querySelector('.sv-answer');
  if (place?.classList.contains('sv-failed')) { return; }
  hush = setTimeout(() => { if (!waiting && place) { place.textContent = ''; } }, HUSH_AFTER_MS);
};
const valueOf = (field, text) => field.type !== 'number' ? text || null : text === '' ? null : Number(text);
const show = (field, text) => {
  field.dataset.value = text;
  const shown = field.parentElement.querySelector('.sv-shown');
  if (shown && text) { shown.textContent = text; }
};
const fill = () => all('[data-field]').forEach((field) => {
  if (!begun.has(field)) { field.value = field.dataset.value; }
});

// -- Sending ----------------------------------------------------------------------------------

const send = (order) => {
  const session = element.querySelector('.sv-sets')?.dataset.session;
  if (session) { line.push({session, step: null, change: null, seen: {}, ...order}); next(); }
};
const next = () => {
  if (waiting || !line.length) { return; }
  waiting = line.shift();
  waiting.answer = `${Date.now()}-${++count}`;
  const {session, step, change, seen, answer} = waiting;
  tooLate = setTimeout(() => {
    waiting.takeBack?.();
    waiting = null;
    say('lost', true);
    next();
  }, ANSWER_WITHIN_MS);
  trigger('correct', {correction: {session, step, change, seen, answer}});
};
const arrived = () => {
  unfolded.forEach((step) => element.querySelector(`[data-step="${step}"] details`)?.setAttribute('open', ''));
  const answer = element.querySelector('.sv-answer')?.dataset.answer;
  if (waiting && waiting.answer === answer) {
    clearTimeout(tooLate);
    const {step, focus} = waiting;
    waiting = null;
    const held = document.activeElement;
    if (focus && (!held || held === document.body || !held.checkVisibility())) {
      element.querySelector(`[data-step="${step}"] [data-do="${focus}"]`)?.focus();
    }
    quietSoon();
  }
  fill();
  next();
};
watch('value', arrived);

// -- Fields -----------------------------------------------------------------------------------

const settle = (field) => { begun.delete(field); clearTimeout(field.svTimer); };
const restore = (field) => { settle(field); field.value = field.dataset.value; };
const save = (field) => {
  if (!begun.has(field)) { return; }
  const seen = begun.get(field), name = field.dataset.field;
  if (field.validity.badInput || (field.type === 'number' && !field.checkValidity())) {
    restore(field);
    return say('number', true);
  }
  const text = field.value.replace(/\s+/g, ' ').trim();
  if (text === seen || (text === '' && name === 'exercise_name')) { return restore(field); }
  settle(field);
  show(field, text);
  send({
    step: Number(cardOf(field).dataset.step),
    change: {[name]: valueOf(field, text)},
    seen: {[name]: valueOf(field, seen)},
    takeBack: () => { show(field, seen); fill(); },
  });
};

element.addEventListener('input', ({target}) => {
  if (!target.dataset?.field) { return; }
  if (!begun.has(target)) { begun.set(target, target.dataset.value); }
  clearTimeout(target.svTimer);
});
element.addEventListener('change', ({target}) => { // the arrows of a number; typing ends with Enter or elsewhere
  if (target.type === 'number') { target.svTimer = setTimeout(() => save(target), SETTLED_AFTER_MS); }
});
element.addEventListener('focusin', ({target}) => { if (target.dataset?.field === 'exercise_name') { target.select(); } });
element.addEventListener('focusout', ({target}) => { if (target.dataset?.field) { save(target); } });
element.addEventListener('keydown', (event) => {
  const field = event.target;
  if (!field.dataset?.field || event.isComposing || !['Enter', 'Escape'].includes(event.key)) { return; }
  event.preventDefault();
  event.key === 'Enter' ? save(field) : restore(field);
  field.parentElement.querySelector('[data-do="edit"]')?.focus(); // closes the field, and keeps one's place
});

// -- Buttons ----------------------------------------------------------------------------------

const orders = {
  edit: (card) => card.querySelector('[data-field="exercise_name"]').focus(),
  remove: (card) => send({step: Number(card.dataset.step), change: {removed: true}, seen: {removed: false}, focus: 'restore'}),
  restore: (card) => send({step: Number(card.dataset.step), change: {removed: null}, seen: {removed: true}, focus: 'remove'}),
  undo: (card) => {
    const seen = {};
    card.querySelectorAll('[data-field]:not([data-field="note"])').forEach((field) => {
      seen[field.dataset.field] = valueOf(field, field.dataset.value);
    });
    send({step: Number(card.dataset.step), change: {exercise_name: null, repetitions: null}, seen, focus: 'edit'});
  },
  copy: () => {
    const done = document.execCommand('copy'); // works on pages without HTTPS too; see below
    say(done ? 'copied' : 'uncopied', !done);
  },
};
let copying = false;
element.addEventListener('click', ({target}) => {
  const button = target.closest('[data-do]');
  if (target.closest('.sv-shown')) { return orders.edit(cardOf(target)); }
  if (!button) { return; }
  copying = button.dataset.do === 'copy';
  orders[button.dataset.do](cardOf(button));
  copying = false;
});
document.addEventListener('copy', (event) => {
  if (!copying) { return; }
  const cell = ({innerText}) => innerText.replace(/\s+/g, ' ').trim().replace(/^(?=[=+\-@\uff1d\uff0b\uff0d\uff20])/, "'");
  const rows = [...all('.sv-session tr')].map((row) => [...row.cells].map(cell).join('\t'));
  event.clipboardData.setData('text/plain', rows.join('\n'));
  event.preventDefault();
});
element.addEventListener('toggle', ({target}) => {
  const step = cardOf(target)?.dataset.step;
  if (step) { target.open ? unfolded.add(step) : unfolded.delete(step); }
}, true);
document.addEventListener('visibilitychange', () => { // another tab may have corrected something
  if (!document.hidden && !waiting && !line.length && !begun.size) { send({}); }
});
fill();
