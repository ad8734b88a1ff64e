// npm run campaign:hostile: sends thousands of hostile uploads to a collector. The exit code is 1
// if good uploads wait too long meanwhile, a body that never ends is kept too long, or memory grows
// too much.
import { compile, install, main, node, step, tool } from '../scripts/steps.mjs';

await main(async () => {
  await step('Installing dependencies', install);
  await step('Compiling packages', compile);
  const args = ['run', '--config', 'campaigns/hostile/vitest.config.ts'];
  await node(tool('vitest'), args, { show: true });
});
