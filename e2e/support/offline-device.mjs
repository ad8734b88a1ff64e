// A device outside a browser that is used now and then while its clock goes on. Without `ages` it
// comes back and sends. Prints its telemetry status.
import { renameSync, writeFileSync } from 'node:fs';
import { createPerigee } from 'perigee';
import { inputOf, MODEL } from '../../campaigns/shared/traced-registry.mjs';

const HOUR_MS = 3_600_000;
const {
  registry,
  store,
  url,
  ages = [],
  flushAt = [],
  flushes = 1,
} = JSON.parse(process.argv[2] ?? '');
const clock = process.env['PERIGEE_CLOCK'] ?? '';
const perigee = createPerigee({
  registry,
  store: { folder: store },
  telemetry: { url, intervalMs: HOUR_MS },
});
if (ages.length > 0) {
  const model = await perigee.load(MODEL, { update: 'local', backend: 'cpu' });
  for (const [id, age] of ages) {
    // Replaced in one step, because a worker that reads the file meanwhile must not find it empty.
    writeFileSync(`${clock}.next`, String(-age * HOUR_MS));
    renameSync(`${clock}.next`, clock);
    await model.predict(inputOf(id));
    if (flushAt.includes(id)) await perigee.telemetry.flush();
  }
}
const said = [];
for (let i = 0; i < flushes; i += 1) said.push(await perigee.telemetry.flush());
const preview = await perigee.telemetry.preview();
const { next, queued } = /** @type {{ next: unknown[], queued: unknown[] }} */ (preview);
console.log(JSON.stringify({ said, windows: next.length, batches: queued.length }));
await perigee.dispose();
