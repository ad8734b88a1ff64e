// npm run campaign:host [-- --seed N --only text,text]: runs devices of every kind against a host
// with every fault. Prints a table. The exit code is 1 if a device hangs, grows, answers with
// anything but the old version or the new one, or does not recover when the host is good again.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { progress } from '../scripts/progress.mjs';
import { compile, install, main, step, StepError } from '../scripts/steps.mjs';

await main(async () => {
  const { seed, only } = options();
  await step('Installing dependencies', install);
  await step('Compiling packages', compile);
  const [{ CASES }, { closeCampaign, openCampaign, runCase }, { table }] = await Promise.all([
    import('./host/cases.mjs'),
    import('./host/campaign.mjs'),
    import('./shared/table.mjs'),
  ]);
  const chosen = CASES.filter(({ name }) => only.split(',').some((part) => name.includes(part)));
  const folder = mkdtempSync(join(tmpdir(), 'perigee-host-'));
  const rows = [];
  try {
    const campaign = await step('Publishing a model', () => openCampaign(folder, seed));
    const { say, done } = progress(`${chosen.length} hosts that misbehave`);
    for (const [i, one] of chosen.entries()) {
      say(`${i + 1} of ${chosen.length}: ${one.name}`);
      const { broken, said, seconds } = await runCase(campaign, one);
      rows.push([
        broken ? '✗' : '✓',
        one.name,
        said.old,
        said.fresh,
        seconds.toFixed(1),
        broken ?? '',
      ]);
    }
    done();
    closeCampaign(campaign);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  console.log(
    `\n${table([['', 'the host', 'a device with 1.0.0', 'a fresh device', 's', ''], ...rows])}`,
  );
  const broken = rows.filter(([mark]) => mark === '✗').length;
  console.log(`\n${rows.length} cases, ${broken} broken.`);
  if (broken > 0) process.exitCode = 1;
});

function options() {
  try {
    const { values } = parseArgs({
      options: { seed: { type: 'string', default: '1' }, only: { type: 'string', default: '' } },
    });
    if (Number.isInteger(Number(values.seed)))
      return { seed: Number(values.seed), only: values.only };
  } catch {
    // Fall through to the usage message.
  }
  throw new StepError('Usage: npm run campaign:host [-- --seed N --only text,text]');
}
