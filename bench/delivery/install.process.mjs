// One device, in a process of its own. Loads a small model, so that all code is loaded and warm,
// then another one. Prints the resident memory during the second load as JSON.
import { readFileSync } from 'node:fs';
import { createPerigee } from 'perigee';

const SAMPLE_MS = 2;
/**
 * Pause in which memory of the last load is released. The measured figure is memory, and no event
 * reports the end of the release.
 */
const SETTLE_MS = 500;
const [registry, root, folder, choice, name] = process.argv.slice(2);
const backend = /** @type {import('perigee').Backend} */ (choice);
const perigee = createPerigee({
  registry,
  trustedRoot: readFileSync(root, 'utf8'),
  store: { folder },
});
const small = await perigee.load('small', { update: 'local', backend });
await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));

const peaks = { download: 0, compile: 0 };
/** @type {keyof typeof peaks} */
let phase = 'download';
const baseline = process.memoryUsage.rss();
const meter = setInterval(
  () => (peaks[phase] = Math.max(peaks[phase], process.memoryUsage.rss())),
  SAMPLE_MS,
);
const model = await perigee.load(name, {
  update: 'local',
  backend,
  onProgress: ({ phase: now }) =>
    (phase = now === 'compile' || now === 'ready' ? 'compile' : 'download'),
});
peaks.compile = Math.max(peaks.compile, process.memoryUsage.rss());
clearInterval(meter);
await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
console.log(
  JSON.stringify({
    download: peaks.download - baseline,
    load: Math.max(peaks.compile, peaks.download) - baseline,
    after: process.memoryUsage.rss() - baseline,
  }),
);
await Promise.all([small.dispose(), model.dispose()]);
await perigee.dispose();
