// npm run browsers [-- --built]: runs the scenarios of every engine in Firefox and WebKit, where
// they are installed. Chromium has the journeys. --built uses the pages and the registry that the
// journeys left.
import { build as buildLab } from 'vite';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadModel } from 'perigee';
import { compile, install, main, node, ROOT, step, StepError } from '../../scripts/steps.mjs';
import { buildStores } from '../support/build-stores.mjs';
import { openFirefox, openWebKit } from './drivers.mjs';
import { input, SCENARIOS } from './scenarios.mjs';
import { serve } from './serve.mjs';

/** @typedef {import('./types.d.ts').Row} Row */

const LAB = join(ROOT, '.perigee', 'lab');
const STORES = join(ROOT, '.perigee', 'stores');
const REGISTRY = join(ROOT, '.perigee', 'test-registry');

await main(async () => {
  const { values } = parseArgs({ options: { built: { type: 'boolean', default: false } } });
  if (!values.built) await prepare();
  const expected = await step('Asking Node for the right answers', answersOfNode);
  const host = await serve({
    '/': LAB,
    '/models/': join(ROOT, 'e2e', 'models'),
    '/registry/': REGISTRY,
    '/stores/': STORES,
  });

  const rows = [];
  for (const { name, open } of [
    { name: 'Firefox', open: openFirefox },
    { name: 'WebKit', open: openWebKit },
  ]) {
    const browser = await open();
    if (!browser) {
      console.log(`• ${name}: not installed, left out`);
      continue;
    }
    console.log(`• ${browser.name}`);
    try {
      await browser.goto(host.url);
      for (const scenario of SCENARIOS)
        rows.push({ browser: name, ...(await attempt(browser, scenario, expected)) });
    } finally {
      await browser.close();
    }
  }
  host.close();
  const failed = rows.filter(({ verdict }) => verdict === 'failed');
  if (failed.length > 0)
    throw new StepError(
      failed.map(({ browser, name, said }) => `${browser}: ${name}: ${said}`).join('\n'),
    );
  console.log(
    `${rows.filter(({ verdict }) => verdict === 'passed').length} passed, ` +
      `${rows.filter(({ verdict }) => verdict === 'absent').length} absent`,
  );
});

/** Builds and publishes all that the scenarios need. */
async function prepare() {
  await step('Installing dependencies', install);
  await step('Compiling packages', compile);
  await step('Building the lab page', () =>
    buildLab({
      root: join(ROOT, 'e2e', 'lab'),
      configFile: false,
      logLevel: 'error',
      build: { outDir: LAB, emptyOutDir: true },
    }).then(() => undefined),
  );
  await step('Building the contract of the stores', () => buildStores(STORES));
  await step('Publishing the demo models', () =>
    node(join(ROOT, 'models', 'publish.mjs'), [REGISTRY]).then(() => undefined),
  );
}

/**
 * @param {import('./types.d.ts').DrivenBrowser} browser
 * @param {import('./types.d.ts').Scenario} scenario
 * @param {import('./types.d.ts').Expected} expected
 * @returns {Promise<Row>}
 */
async function attempt(browser, { name, source, check, optional }, expected) {
  const start = performance.now();
  try {
    const answer = await browser.call(source);
    const verdict = check(answer, expected) ? 'passed' : 'failed';
    return say({ name, verdict, said: JSON.stringify(answer).slice(0, 300) }, start);
  } catch (error) {
    const [said = ''] = String(error instanceof Error ? error.message : error).split('\n');
    const isAbsent = optional && /did not start|no available backend|not supported/i.test(said);
    return say({ name, verdict: isAbsent ? 'absent' : 'failed', said }, start);
  }
}

/**
 * @param {Row} row
 * @param {number} start
 */
function say(row, start) {
  const mark = { passed: '✓', failed: '✗', absent: '–' }[row.verdict];
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const reason = row.verdict === 'passed' ? '' : `: ${row.said}`;
  console.log(`  ${mark} ${row.name} (${seconds} s)${reason}`);
  return row;
}

/** @returns {Promise<import('./types.d.ts').Expected>} */
async function answersOfNode() {
  const onnx = await loadModel(join(ROOT, 'e2e/models/two-layers.onnx'), { backend: 'native' });
  const tfjs = await loadModel(join(ROOT, 'e2e/models/tfjs-net/model.json'), { backend: 'cpu' });
  const answers = {
    onnx: Array.from((await onnx.predict(input())).outputs.y?.data ?? [], Number),
    tfjs: Array.from((await tfjs.predict({ image: input() })).outputs.scores?.data ?? [], Number),
  };
  await Promise.all([onnx.dispose(), tfjs.dispose()]);
  return answers;
}
