// npm run campaign:kill [-- --kills N --seed N]: SIGKILLs devices while they update, N times in Chromium and N in Node, and prints the matrix. Exit code 1 when
// one of them answers with neither the old version nor the new one, with a mixture, or not at all.
import { parseArgs } from 'node:util';
import { build, findChromium, install, main, node, step, StepError, tool } from '../steps.mjs';

const DEFAULT_KILLS = 500;

await main(async () => {
  const { kills, seed } = options();
  await step('Installing dependencies', install);
  await build();
  const executablePath = await findChromium();
  process.env.PERIGEE_KILLS = String(kills);
  process.env.PERIGEE_SEED = String(seed);
  if (executablePath) process.env.PERIGEE_CHROMIUM = executablePath;
  await node(tool('@playwright/test', 'playwright'), ['test', '--config', 'e2e/playwright.config.ts', 'kill-matrix'], { show: true });
});

function options() {
  try {
    const { values } = parseArgs({ options: { kills: { type: 'string', default: String(DEFAULT_KILLS) }, seed: { type: 'string', default: '1' } } });
    const [kills, seed] = [Number(values.kills), Number(values.seed)];
    if (Number.isInteger(kills) && kills > 0 && Number.isInteger(seed)) return { kills, seed };
  } catch {
    // Said below.
  }
  throw new StepError('Usage: npm run campaign:kill [-- --kills N --seed N]; N is a whole number of kills for each of Chromium and Node.');
}
