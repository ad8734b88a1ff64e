// One device: loads the model and prints the answer, or the code of the error.
import { readFileSync } from 'node:fs';
import { answerOf } from '../shared/answer-of.mjs';

/**
 * @typedef {object} DeviceOptions
 * @property {string[]} bases addresses of the registry and its mirrors
 * @property {string} root file of the trusted root
 * @property {string} store folder
 * @property {'local' | 'latest'} update
 * @property {number} clockMs how far the device's clock is ahead
 */

/** @type {DeviceOptions} */
const { bases, root, store, update, clockMs } = JSON.parse(process.argv[2] ?? '');
if (clockMs !== 0) {
  // Workers start with a clock of their own; NODE_OPTIONS shifts it in the same way.
  const shift =
    'const now = Date.now.bind(Date); const Real = Date; globalThis.Date = class extends Real ' +
    `{ constructor(...a) { a.length ? super(...a) : super(now() + ${clockMs}); } static now() ` +
    `{ return now() + ${clockMs}; } };`;
  process.env['NODE_OPTIONS'] = `--import=data:text/javascript,${encodeURIComponent(shift)}`;
}
const { createPerigee, PerigeeError } = await import('perigee');
const before = process.memoryUsage().rss;
let most = before;
const meter = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 20);
const perigee = createPerigee({
  registry: bases,
  trustedRoot: readFileSync(root, 'utf8'),
  store: { folder: store },
});
const result = await answer();
clearInterval(meter);
await perigee.dispose();
console.log(JSON.stringify({ ...result, growth: most - before }));

/** @returns {Promise<{ version: string, scores: string } | { code: string | undefined, text: string }>} */
async function answer() {
  try {
    const model = await perigee.load('digits', { update, backend: 'cpu', telemetry: false });
    const { version, scores } = await answerOf(model);
    return { version, scores: JSON.stringify(scores) };
  } catch (error) {
    const code = error instanceof PerigeeError ? error.code : undefined;
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { code, text: text.slice(0, 300) };
  }
}
