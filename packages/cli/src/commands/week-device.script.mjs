// node week-device.script.mjs <registry> <root> <store>: a device that loads the model for each
// line on stdin. It prints the version that runs and the codes of the errors.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { createPerigee } from 'perigee';

const [registry, root, folder] = process.argv.slice(2);
const perigee = createPerigee({
  registry,
  trustedRoot: JSON.parse(readFileSync(root, 'utf8')),
  store: { folder },
});
let faults = [];
perigee.on('error', ({ error }) => faults.push(error.code));
perigee.on('metadatastale', ({ error }) => faults.push(error.code));
for await (const _line of createInterface({ input: process.stdin })) {
  faults = [];
  const told = await perigee.load('wdbc', { update: 'latest' }).then(
    async (model) => {
      await model.dispose();
      return { version: model.version };
    },
    (error) => ({ code: error.code, message: error.message }),
  );
  console.log(JSON.stringify({ ...told, faults }));
}
await perigee.dispose();
