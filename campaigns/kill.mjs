// npm run campaign:kill [-- --kills N --seed N]: SIGKILLs devices while they update, N times in
// Node and N in Chromium with either form of files, and Chromium N times on its first visit, and
// prints the matrix. Then kills N times while files are put into one piece. Then, in Node, N times
// each: stops a process while it writes to a store that another one uses, damages the journal of a
// store, and runs short jobs that end without a prediction. The exit code is 1 if a device answers
// with neither the old version nor the new one, with a mixture, or not at all, if a file is torn,
// or if stored objects are fetched again.
import { build, findChromium, install, main, node, step, tool } from '../scripts/steps.mjs';
import { campaignOptions } from './shared/options.mjs';

const DEFAULT_KILLS = 500;

await main(async () => {
  const { kills, seed } = campaignOptions(
    DEFAULT_KILLS,
    'npm run campaign:kill [-- --kills N --seed N]; N is a whole number of faults of each kind.',
  );
  await step('Installing dependencies', install);
  await build();
  const executablePath = await findChromium();
  process.env.PERIGEE_KILLS = String(kills);
  process.env.PERIGEE_SEED = String(seed);
  if (executablePath) process.env.PERIGEE_CHROMIUM = executablePath;
  await node(
    tool('@playwright/test', 'playwright'),
    ['test', '--config', 'e2e/playwright.config.ts', 'kill-matrix', 'kill-opfs', 'store-faults'],
    { show: true },
  );
});
