const SIZE = 8;
const STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -SIZE, ArrowDown: SIZE };
/** A pen is wider than a pixel: it also touches the pixels on the right and below. */
const TOUCHED = 0.4;

/** Fills `element` with 8 × 8 pixels that can be drawn on. `onChange` gets the 64 values. */
export function createPad(element, onChange) {
  let values = Array.from({ length: SIZE * SIZE }, () => 0);
  const pixels = values.map((_, index) => createPixel(index));
  element.append(...pixels);

  function show(next) {
    values = next;
    for (const [index, pixel] of pixels.entries()) {
      pixel.style.setProperty('--ink', values[index]);
      pixel.setAttribute('aria-pressed', String(values[index] > 0.5));
    }
    onChange(values);
  }

  element.addEventListener('pointermove', ({ buttons, clientX, clientY }) => {
    const index = pixels.indexOf(document.elementFromPoint(clientX, clientY));
    if (buttons > 0 && index >= 0 && values[index] < 1) show(draw(values, index));
  });
  element.addEventListener('click', ({ target }) => {
    const index = pixels.indexOf(target);
    if (index >= 0) show(draw(values, index));
  });
  element.addEventListener('keydown', (event) => {
    const step = STEPS[event.key];
    if (step === undefined) return;
    event.preventDefault();
    moveFocus(pixels, event.target, step);
  });
  return { show, clear: () => show(values.map(() => 0)) };
}

function createPixel(index) {
  const pixel = document.createElement('button');
  pixel.type = 'button';
  pixel.className = 'pixel';
  pixel.tabIndex = index === 0 ? 0 : -1;
  pixel.ariaLabel = `Row ${Math.floor(index / SIZE) + 1}, column ${(index % SIZE) + 1}`;
  return pixel;
}

function draw(values, index) {
  const next = [...values];
  next[index] = 1;
  if (index % SIZE < SIZE - 1) next[index + 1] = Math.max(next[index + 1], TOUCHED);
  if (index + SIZE < next.length) next[index + SIZE] = Math.max(next[index + SIZE], TOUCHED);
  return next;
}

/** One pixel is reached with the Tab key, the others from there with the arrow keys. */
function moveFocus(pixels, from, step) {
  const to = pixels[pixels.indexOf(from) + step];
  if (!to) return;
  from.tabIndex = -1;
  to.tabIndex = 0;
  to.focus();
}
