// Builds what is published, and nothing else.
import { buildDashboard, compile, main } from '../steps.mjs';

await main(async () => {
  await compile();
  await buildDashboard();
});
