// One device with a store of files, to be killed: predicts, reports what is in its store, sends.
// With `drain` it only sends, until nothing waits.
import { writeSync } from 'node:fs';
import { createPerigee } from 'perigee';
import { inputOf, MODEL } from '../shared/traced-registry.mjs';

/**
 * @typedef {object} DeviceOptions
 * @property {string} registry
 * @property {string} store folder
 * @property {string} url of the collector
 * @property {number} from number of the first prediction
 * @property {number} to number after the last prediction
 * @property {boolean} drain
 */

/** @type {DeviceOptions} */
const { registry, store, url, from, to, drain } = JSON.parse(process.argv[2] ?? '');
const DRAIN_MS = 60_000;
const MAX_BETWEEN = 4;
// The store must have the predictions before they are reported, and the report must be out before
// the next line runs.
/** @param {string} text */
const say = (text) => writeSync(1, `${text}\n`);

const perigee = createPerigee({
  registry,
  store: { folder: store },
  telemetry: { url, intervalMs: 1_000 },
});
if (drain) {
  const until = Date.now() + DRAIN_MS;
  let status = await perigee.telemetry.flush();
  while (status.queued > 0 && Date.now() < until) status = await perigee.telemetry.flush();
  const preview = await perigee.telemetry.preview();
  const { next, queued } = /** @type {{ next: unknown[], queued: unknown[] }} */ (preview);
  say(`drained ${next.length + queued.length} ${status.lost}`);
} else {
  const model = await perigee.load(MODEL, { update: 'local', backend: 'cpu' });
  say('ready');
  let told = from;
  for (let id = from; id < to;) {
    for (
      let left = 1 + Math.floor(Math.random() * MAX_BETWEEN);
      left > 0 && id < to;
      left -= 1, id += 1
    )
      await model.predict(inputOf(id));
    await perigee.telemetry.flush();
    say(`recorded ${told} ${id}`);
    told = id;
  }
}
await perigee.dispose();
