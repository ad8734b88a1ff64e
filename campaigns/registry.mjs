// npm run campaign:registry [-- --kills N --seed N]: runs an operator's commands, SIGKILLs each at
// some moment, and runs it twice more. Now and then the registry is lost, and a backup is restored.
// Prints a table. The exit code is 1 if a command that is run again does harm, or if a device
// refuses the registry.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compile, install, main, step } from '../scripts/steps.mjs';
import { campaignOptions } from './shared/options.mjs';

const DEFAULT_KILLS = 60;

await main(async () => {
  const { kills, seed } = campaignOptions(
    DEFAULT_KILLS,
    'npm run campaign:registry [-- --kills N --seed N]',
  );
  await step('Installing dependencies', install);
  await step('Compiling packages', compile);
  const [{ runCampaign }, { table }] = await Promise.all([
    import('./registry/campaign.mjs'),
    import('./shared/table.mjs'),
  ]);
  const folder = mkdtempSync(join(tmpdir(), 'perigee-registry-campaign-'));
  try {
    const { seen, faults } = await runCampaign(folder, { kills, seed });
    const columns = /** @type {const} */ (['killed', 'done before', 'refused']);
    console.log(
      `\n${table([
        ['command', 'times', ...columns],
        ...Object.entries(seen).map(([name, row]) => [
          name,
          row.times,
          ...columns.map((column) => row[column]),
        ]),
      ])}`,
    );
    for (const fault of faults.slice(0, 20)) console.log(`✗ ${fault}`);
    console.log(`${kills} kills, ${faults.length} faults.`);
    if (faults.length > 0) process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
});
