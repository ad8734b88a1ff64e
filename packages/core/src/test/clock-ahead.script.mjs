// Run by clock-ahead.test.ts, with a clock that may be ahead. Prints what the test asks for.
import process from 'node:process';
import { createPerigee } from 'perigee';

const [registry, folder, url, work] = process.argv.slice(2);
const perigee = createPerigee({
  registry,
  store: { folder },
  telemetry: { url, consent: 'required' },
});
const stale = [];
perigee.on('metadatastale', ({ error }) => stale.push(error.code));

if (work === 'consent') await perigee.telemetry.setConsent(true);
const model = await perigee.load('sum', { update: 'latest' });
await model.predict([[1, 1, 1, 1]]);
if (work === 'send') await perigee.telemetry.flush();
console.log(JSON.stringify({ version: model.version, stale }));
await perigee.dispose();
