// node latency.mjs <model> <file> <rounds> <burst> [side …]: measures these sides, or all, in one
// process, in random turns. Prints JSON.
import { makeFeeds, modelNamed, warmUpCalls } from '../../models/catalog.mjs';
import { shuffle } from '../../report/shuffle.mjs';
import { SIDES } from './sides.mjs';

const [name, path, rounds, burst, ...only] = process.argv.slice(2);
const model = modelNamed(name);
const feeds = makeFeeds(model);
const inputs = Array.from({ length: Number(burst) }, (_, seed) => makeFeeds(model, seed));
/** @returns {number[]} */
const times = () => [];
/** @type {Record<string, string>} */
const leftOut = {};
const sides = [];
/** @type {Float32Array | undefined} */
let expected;
for (const [side, open] of Object.entries(SIDES)) {
  if (only.length > 0 && !only.includes(side)) continue;
  if (model.large && side === 'perigee instant') continue;
  try {
    const opened = await open({ path, output: model.output });
    const data = Float32Array.from((await opened.run(feeds)).data, Number);
    const wanted = (expected ??= data);
    const scale = wanted.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1e-6);
    if (
      data.length !== wanted.length ||
      data.some((value, i) => Math.abs(value - wanted[i]) > 1e-3 * scale)
    )
      leftOut[side] = 'it computes something else';
    else sides.push({ side, ...opened, ms: times(), burstMs: times() });
  } catch (error) {
    leftOut[side] = error instanceof Error ? error.message : String(error);
  }
}
for (const { run } of sides) for (let i = 0; i < warmUpCalls(model); i += 1) await run(feeds);
for (let round = 0; round < Number(rounds); round += 1) {
  for (const { run, ms, burstMs } of shuffle(sides)) {
    for (let i = 0; i < (model.calls ?? 1); i += 1) {
      const start = performance.now();
      await run(feeds);
      ms.push(performance.now() - start);
    }
    const start = performance.now();
    await Promise.all(inputs.map((input) => run(input)));
    burstMs.push(performance.now() - start);
  }
}
for (const { end } of sides) await end();
process.stdout.write(
  JSON.stringify({
    ms: Object.fromEntries(sides.map(({ side, ms }) => [side, ms])),
    burstMs: Object.fromEntries(sides.map(({ side, burstMs }) => [side, burstMs])),
    leftOut,
  }),
  () => process.exit(),
);
