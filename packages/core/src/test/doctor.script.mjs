// Run by doctor.test.ts: prints what doctor() finds for each of the given configurations.
import { createPerigee } from 'perigee';

const found = [];
for (const { root, ...config } of JSON.parse(process.argv[2])) {
  const perigee = createPerigee({ ...config, ...(root && { trustedRoot: root }) });
  found.push(await perigee.doctor());
  await perigee.dispose();
}
console.log(JSON.stringify(found));
