// node pin-often.script.mjs <folder> <model>: what shared-folder.test.ts runs beside itself. Opens
// the folder, then pins the model to each version that it reads, and tells each pin that is stored.
import process from 'node:process';
import { createInterface } from 'node:readline';
import { createPerigee } from 'perigee';

const [folder, model] = process.argv.slice(2);
const perigee = createPerigee({ store: { folder } });
await perigee.audit();
const versions = createInterface({ input: process.stdin });
process.stdout.write('ready\n');
for await (const version of versions) {
  await perigee.pin(model, version);
  process.stdout.write(`${version}\n`);
}
await perigee.dispose();
