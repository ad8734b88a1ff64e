// node once.mjs <side> <model> <file>: measures the time from the start of the process to the first
// answer, and its memory after ten more. Prints JSON.
import { makeFeeds, modelNamed } from '../../models/catalog.mjs';
import { SIDES } from './sides.mjs';

const [side, name, path] = process.argv.slice(2);
const model = modelNamed(name);
const feeds = makeFeeds(model);
const { run } = await SIDES[side]({ path, output: model.output });
await run(feeds);
const answerMs = performance.now();
for (let i = 0; i < 10; i += 1) await run(feeds);
process.stdout.write(JSON.stringify({ answerMs, ...process.memoryUsage() }), () => process.exit());
