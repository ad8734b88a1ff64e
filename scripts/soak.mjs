// npm run soak: 200 cycles of load, predict, dispose, in a browser. The journeys of `npm test` run
// a few of them.
import { build, findChromium, install, main, node, step, tool } from './steps.mjs';

await main(async () => {
  await step('Installing dependencies', install);
  await build();
  const browser = await findChromium();
  const args = ['test', '--config', 'e2e/playwright.config.ts', 'memory'];
  await node(tool('@playwright/test', 'playwright'), args, {
    show: true,
    env: { PERIGEE_SOAK_CYCLES: '200', ...(browser && { PERIGEE_CHROMIUM: browser }) },
  });
});
