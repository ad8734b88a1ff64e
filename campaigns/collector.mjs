// npm run campaign:collector [-- --kills N --seed N]: SIGKILLs a collector while devices and
// forgers send to it, while it starts, rolls up and closes, while a second one is started on its
// file, and while its clock is wrong. Prints a table. The exit code is 1 if its counts differ from
// what the devices made: nothing acknowledged may be lost, nothing counted twice.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compile, install, main, step } from '../scripts/steps.mjs';
import { campaignOptions } from './shared/options.mjs';

const DEFAULT_KILLS = 100;

await main(async () => {
  const { kills, seed } = campaignOptions(
    DEFAULT_KILLS,
    'npm run campaign:collector [-- --kills N --seed N]',
  );
  await step('Installing dependencies', install);
  await step('Compiling packages', compile);
  const [{ runCampaign }, { table }] = await Promise.all([
    import('./collector/campaign.mjs'),
    import('./shared/table.mjs'),
  ]);
  const folder = mkdtempSync(join(tmpdir(), 'perigee-collector-campaign-'));
  try {
    const { rows, seen, made, faults } = await runCampaign(folder, kills, seed);
    const columns = /** @type {const} */ ([
      'kills',
      'sent',
      'acknowledged',
      'duplicates',
      'failed',
    ]);
    const counts = table([
      ['killed', 'kills', 'uploads', 'acknowledged', 'known already', 'without an answer'],
      ...[...rows].map(([moment, row]) => [moment, ...columns.map((name) => row[name])]),
    ]);
    console.log(`\n${counts}`);
    const predictions = made
      .flatMap(({ profiles }) => profiles)
      .reduce((sum, one) => sum + one.predictions, 0);
    console.log(
      `\n${made.length} batches of ${predictions} predictions in ${seen.sent} uploads: ` +
        `${seen.atOnce} sent twice at once, ${seen.answersLost} answers not waited for, ` +
        `${seen.cutShort} cut short, ${seen.duplicates} known already; ${seen.forged} forged ` +
        'ones.',
    );
    for (const fault of faults.slice(0, 20)) console.log(`✗ ${fault}`);
    console.log(`${kills} kills, ${faults.length} faults.`);
    if (faults.length > 0) process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
});
