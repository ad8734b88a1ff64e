// npm run campaign:telemetry [-- --kills N --tabs N --seed N]: kills devices, tabs, browsers and
// the network while an app predicts and sends, N times in Node and in Chromium together, `tabs` of
// them in Chromium. Prints a table. The exit code is 1 if a prediction in a device's store is not
// counted, or any is counted twice.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  compile,
  findChromium,
  install,
  main,
  node,
  ROOT,
  step,
  StepError,
  tool,
} from '../scripts/steps.mjs';
import { campaignOptions } from './shared/options.mjs';

const DEFAULT_KILLS = 1_000;
/** A tab takes longer to come back than a process. */
const TAB_SHARE = 0.15;
const USAGE =
  'npm run campaign:telemetry [-- --kills N --tabs N --seed N --built]; tabs are those of ' +
  'the kills that happen in Chromium, --built takes the page as it was built before.';
const LAB = join(ROOT, '.perigee', 'lab');

await main(async () => {
  const {
    kills,
    seed,
    built,
    tabs = Math.round(kills * TAB_SHARE),
  } = campaignOptions(DEFAULT_KILLS, USAGE, { numbers: ['tabs'], switches: ['built'] });
  if (tabs > kills) throw new StepError(`Usage: ${USAGE}`);
  await step('Installing dependencies', install);
  await step('Compiling packages', compile);
  if (tabs > 0 && !built)
    await step('Building the page', () =>
      node(tool('vite'), [
        'build',
        'e2e/lab',
        '--outDir',
        LAB,
        '--emptyOutDir',
        '--logLevel',
        'warn',
      ]).then(() => undefined),
    );
  const chromium = tabs > 0 ? await findChromium() : undefined;
  const [{ runCampaign }, { table }] = await Promise.all([
    import('./telemetry/campaign.mjs'),
    import('./shared/table.mjs'),
  ]);
  const folder = mkdtempSync(join(tmpdir(), 'perigee-telemetry-campaign-'));
  try {
    const result = await runCampaign(folder, {
      nodeKills: kills - tabs,
      tabKills: tabs,
      seed,
      chromium,
      lab: LAB,
    });
    const killRows = [...result.results].flatMap(([name, { seen }]) =>
      Object.entries(seen).map(([what, times], i) => [i === 0 ? name : '', what, times]),
    );
    console.log(`\n${table([['', 'killed', 'times'], ...killRows])}`);
    console.log(`\n${table([['an upload is', 'times'], ...Object.entries(result.fates)])}`);
    console.log(
      `\n${result.begun} predictions were to be made, ${result.recorded} were reported as stored, ` +
        `${result.counted} arrived in ${result.batches} batches; ${result.excused} were in ` +
        `${result.refused} batches refused for good. ${result.everRefused} batches were refused ` +
        `at least once; devices reported ${result.lost} as lost.`,
    );
    if (result.leftovers > 0)
      console.log(`${result.leftovers} half-written files are left in the stores.`);
    for (const fault of result.faults.slice(0, 20)) console.log(`✗ ${fault}`);
    console.log(`${kills} kills, ${result.faults.length} faults.`);
    if (result.faults.length > 0) process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
});
