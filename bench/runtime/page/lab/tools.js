import { makeFeeds, modelNamed } from '../../../models/catalog.mjs';
import { openSide } from '../sides/index.js';

/**
 * Opens every side on the same model. A side that does not open, or computes something else than
 * the first one, is left out and reported, because its times would mean nothing.
 */
export async function openAll(names, modelName, threads = 1) {
  const model = modelNamed(modelName);
  const request = {
    name: model.name,
    url: `/models/${model.name}.onnx`,
    threads,
    output: model.output,
  };
  const feeds = makeFeeds(model);
  const sides = [];
  const leftOut = {};
  let expected;
  for (const name of names) {
    try {
      const side = await openSide(name, request, feeds);
      const { data } = side.first;
      expected ??= data.slice();
      if (agrees(data, expected)) sides.push({ name, side });
      else
        leftOut[name] =
          `it computes ${data.slice(0, 3).join(', ')} … where ${names[0]} computes ` +
          `${expected.slice(0, 3).join(', ')} …`;
    } catch (error) {
      leftOut[name] = String(error?.message ?? error);
    }
  }
  return { model, feeds, sides, leftOut };
}

export function agrees(a, b) {
  if (a.length !== b.length) return false;
  const scale = b.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1e-6);
  return a.every((value, i) => Math.abs(value - b[i]) <= 1e-3 * scale);
}

export function shuffle(items) {
  return items
    .map((item) => [Math.random(), item])
    .sort(([a], [b]) => a - b)
    .map(([, item]) => item);
}

/** Lets timers, rendering and garbage collection of earlier work happen between measurements. */
export function breathe() {
  return new Promise((resolve) => setTimeout(resolve));
}

export async function endAll(sides) {
  for (const { side } of sides) await side.end();
}
