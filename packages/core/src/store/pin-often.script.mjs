// node pin-often.script.mjs <folder> <model> <times>: what shared-folder.test.ts runs beside
// itself. Opens the folder, waits for a line, then pins a model so many times and tells each pin
// that is stored.
import { once } from 'node:events';
import process from 'node:process';
import { createPerigee } from 'perigee';

const [folder, model, times] = process.argv.slice(2);
const perigee = createPerigee({ store: { folder } });
await perigee.audit();
process.stdout.write('ready\n');
await once(process.stdin, 'data');
process.stdin.destroy();
for (let i = 0; i < Number(times); i += 1) {
  await perigee.pin(model, `1.0.${i}`);
  process.stdout.write(`1.0.${i}\n`);
}
await perigee.dispose();
