import { makeFeeds, modelNamed, warmUpCalls } from '../../../models/catalog.mjs';
import { openSide } from '../sides/index.js';

const SLICE_MS = 30;

/**
 * How long the main thread did not respond: the longest gaps between the ticks of a 1 ms timer.
 * Browsers clamp the timer, so `floor` measures the same while nothing happens. `load` ends with
 * the first answer. `predict` and `floor` are the longest gap of each slice of at least 30 ms.
 */
export async function blocking({ model: name, side: sideName, slices }) {
  const model = modelNamed(name);
  const feeds = makeFeeds(model);
  const floor = await sliced(slices, () => new Promise((resolve) => setTimeout(resolve, SLICE_MS)));
  const loading = watch();
  const side = await openSide(
    sideName,
    { name, url: `/models/${name}.onnx`, threads: 1, output: model.output },
    feeds,
  );
  await tick();
  const load = loading();
  for (let i = 0; i < warmUpCalls(model); i += 1) await side.run(feeds);
  const predict = await sliced(slices, async () => {
    const start = performance.now();
    do {
      await side.run(feeds);
      // An app does other work between calls. Without this turn no timer could run when the call is
      // on the main thread itself.
      await tick();
    } while (performance.now() - start < SLICE_MS);
  });
  await side.end();
  return { floor, load, predict };
}

async function sliced(count, work) {
  const longest = [];
  for (let i = 0; i < count; i += 1) {
    const stop = watch();
    await work();
    longest.push(stop());
  }
  return longest;
}

function tick() {
  return new Promise((resolve) => setTimeout(resolve));
}

function watch() {
  let last = performance.now();
  let longest = 0;
  const timer = setInterval(() => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  }, 1);
  return () => {
    clearInterval(timer);
    return Math.max(longest, performance.now() - last);
  };
}
