// npm start: sets everything up, then runs the collector and the demo until Ctrl-C.
import { build, checkPort, install, main, node, ROOT, step } from './steps.mjs';
import { join } from 'node:path';

const DEMO_PORT = Number(process.env.PERIGEE_DEMO_PORT ?? 4600);
const COLLECTOR_PORT = Number(process.env.PERIGEE_COLLECTOR_PORT ?? 4700);

await main(async () => {
  console.log('Perigee: setting up the demo and the collector.\n');
  await checkPort(DEMO_PORT, 'the demo', 'PERIGEE_DEMO_PORT');
  await checkPort(COLLECTOR_PORT, 'the collector', 'PERIGEE_COLLECTOR_PORT');
  await step('Installing dependencies (the first time takes a minute or two)', install);
  await build();
  const registry = join(ROOT, '.perigee', 'registry');
  await step('Publishing the demo models', () =>
    node('models/publish.mjs', [registry]).then(() => undefined),
  );

  const [{ startCollector }, { startDemo }, { DEMO_COLLECTOR }] = await Promise.all([
    import('@perigee/collector'),
    import('../demo/server.mjs'),
    import('../demo/collector-options.mjs'),
  ]);
  const collector = await startCollector({
    port: COLLECTOR_PORT,
    dataDir: join(ROOT, '.perigee', 'collector'),
    registry,
    ...DEMO_COLLECTOR,
  });
  const demo = await startDemo({ port: DEMO_PORT, registry, collectorUrl: collector.url });

  console.log(`\n  Demo       ${demo.url}`);
  console.log(`  Dashboard  ${collector.url}`);
  console.log('\nDraw a digit, then look at the dashboard. Ctrl-C ends both.');

  let ending = false;
  const end = async () => {
    if (ending) process.exit(1);
    ending = true;
    console.log('\nEnding …');
    await Promise.allSettled([demo.close(), collector.close()]);
    process.exit(0);
  };
  process.on('SIGINT', end);
  process.on('SIGTERM', end);
});
