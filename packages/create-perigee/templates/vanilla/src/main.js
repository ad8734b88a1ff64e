import labels from '../model/labels.json';
import samples from '../model/samples.json';
import { readDigit } from './digits.js';
import { createPad } from './pad.js';
import './style.css';

const find = (selector) => document.querySelector(selector);
const status = find('#status');
let latest = 0;
let shown = 0;

for (const label of labels) {
  const row = document.createElement('li');
  row.innerHTML = `<span>${label}</span><meter aria-label="Score of ${label}"></meter><span></span>`;
  find('.scores').append(row);
}

/** Shows the answer, unless the drawing has changed while the model was at work. */
async function answer(pixels) {
  latest += 1;
  const call = latest;
  if (pixels.every((value) => value === 0)) {
    show(
      '–',
      labels.map(() => 0),
    );
    return;
  }
  try {
    const { label, scores, ms, backend } = await readDigit(pixels);
    if (call !== latest) return;
    show(label, scores);
    status.className = '';
    status.textContent = `Answered in ${ms.toFixed(1)} ms on ${backend}.`;
  } catch (error) {
    status.className = 'problem';
    status.textContent = error.message;
  }
}

function show(label, scores) {
  find('.answer').textContent = label;
  for (const [index, row] of [...find('.scores').children].entries()) {
    row.querySelector('meter').value = scores[index];
    row.lastElementChild.textContent = `${Math.round(scores[index] * 100)} %`;
  }
}

const pad = createPad(find('.pad'), answer);
find('#clear').addEventListener('click', pad.clear);
find('#next').addEventListener('click', () => {
  shown = (shown + 1) % samples.length;
  pad.show(samples[shown].pixels);
});
pad.show(samples[shown].pixels);
