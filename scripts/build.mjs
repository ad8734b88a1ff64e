// npm run build: packages, dashboard, demo.
import { build, install, main, step } from './steps.mjs';

await main(async () => {
  await step('Installing dependencies', install);
  await build();
});
