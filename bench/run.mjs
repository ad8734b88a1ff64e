// npm run bench [-- --quick] [--only latency,starts] [--write] [--no-peers]: measures perigee and
// its peers. The sides take turns in one run. See README.md.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  build as buildPackages,
  findChromium,
  install,
  main,
  ROOT,
  step,
  StepError,
} from '../scripts/steps.mjs';

/** @typedef {import('./runtime/types.d.ts').Context} Context */
/** @typedef {import('./models/types.d.ts').BenchModel} BenchModel */
/** @typedef {ReturnType<typeof readOptions>} Options */
/** @typedef {Record<'installed' | 'missing', Record<string, string>>} Peers by name */

/**
 * @typedef {object} Run
 * @property {string} executablePath
 * @property {Peers} peers
 * @property {Options} options
 * @property {import('./report/types.d.ts').Results} results
 * @property {() => void} save
 */

const OUT = join(ROOT, '.perigee', 'bench');
/** A change of tests changes no figure. */
const TESTS = ['packages/**/test/**', 'packages/**/*.test.ts', 'packages/**/*.test.tsx'];
const COMMANDS = ['run', 'gpu', 'deliver', 'devices', 'monitor', 'storage'];

await main(async () => {
  const options = readOptions();
  await step('Installing dependencies', install);
  if (options.build) await buildPackages();
  if (options.command === 'deliver') return deliver();
  if (options.command === 'devices') return devices(options);
  if (options.command === 'storage') return storage(options);
  if (options.command === 'monitor')
    return (await import('./collector/index.mjs')).benchMonitor(options, OUT);
  // Modules that need installed dependencies and built packages are loaded after both exist.
  const { SECTIONS } = await import('./runtime/sections/index.mjs');
  const wanted = SECTIONS.filter(({ name, slow, apart }) =>
    options.only ? options.only.includes(name) : !(apart || (options.quick && slow)),
  );
  const unknown = (options.only ?? []).filter(
    (name) => !SECTIONS.some((section) => section.name === name),
  );
  if (unknown.length > 0)
    throw new StepError(
      `--only: there is no "${unknown.join('", "')}"; there are ` +
        `${SECTIONS.map(({ name }) => name).join(', ')}.`,
    );

  const peers = await step('Looking for peers', () => lookForPeers(options.peers));
  await step('Writing models and releases', prepareModels);
  await step('Building the page', async () =>
    (await import('./runtime/prepare/page.mjs')).buildPage(OUT, peers.installed),
  );
  if (wanted.some(({ brotli }) => brotli))
    await step('Compressing (once)', () => compress(peers.installed));
  const executablePath = await findChromium();
  const file = join(OUT, options.quick ? 'results-quick.json' : 'results.json');
  const results = { sections: {}, ...(existsSync(file) && JSON.parse(readFileSync(file, 'utf8'))) };
  await measure(wanted, {
    executablePath,
    peers,
    options,
    results,
    save: () => writeFileSync(file, JSON.stringify(results, null, 1)),
  });

  const { toMarkdown, writePlots, writeReport } = await import('./report/report.mjs');
  const shown = options.only
    ? {
        ...results,
        sections: Object.fromEntries(
          Object.entries(results.sections).filter(([name]) => options.only?.includes(name)),
        ),
      }
    : results;
  console.log(`\n${toMarkdown(shown)}`);
  writePlots(join(OUT, 'plots'), results);
  if (options.write) writeReport(join(ROOT, 'bench'), results);
});

async function deliver() {
  const { measureDelivery } = await import('./delivery/update.mjs');
  const rows = await step('Updating a 14 MB model', () => measureDelivery(() => undefined));
  const { install: memory } = await import('./delivery/install.mjs');
  const { figures } = await step(memory.title, () =>
    memory.run({ pick: (full) => full, say: () => undefined }),
  );
  const { markdown } = await import('./report/format.mjs');
  console.log(
    `\n${markdown(rows)}\n\n${memory.title}. ${memory.note}\n\n${markdown(memory.table(figures))}`,
  );
}

/** @param {Options} options */
async function storage({ quick }) {
  const { measureStorage, note } = await import('./storage/browser/index.mjs');
  const { markdown } = await import('./report/format.mjs');
  const { progress } = await import('../scripts/progress.mjs');
  const { say, done } = progress('Writing and reading model files');
  const rows = await measureStorage(join(OUT, 'storage'), {
    executablePath: await findChromium(),
    rounds: quick ? 3 : 9,
    say,
  });
  done();
  console.log(`\n${note}\n\n${markdown(rows)}`);
}

/** @param {Options} options */
async function devices({ quick, peers }) {
  const { measureDeviceStores, note } = await import('./storage/device/index.mjs');
  const { CANDIDATES } = await import('./storage/device/candidates.mjs');
  const { installPackages } = await import('./runtime/prepare/peers.mjs');
  const { markdown } = await import('./report/format.mjs');
  const { progress } = await import('../scripts/progress.mjs');
  const folder = join(OUT, 'device-store');
  for (const { needs } of Object.values(CANDIDATES))
    if (needs && peers)
      await step(`Installing ${Object.keys(needs)[0]}`, () => installPackages(folder, needs));
  const { say, done } = progress('Writing and reading the state of a device');
  const rows = await measureDeviceStores({
    writes: quick ? 20 : 200,
    modules: join(folder, 'node_modules'),
    say,
  });
  done();
  console.log(`\n${note}\n\n${markdown(rows)}`);
}

function readOptions() {
  let parsed;
  try {
    parsed = parseArgs({
      allowPositionals: true,
      options: {
        quick: { type: 'boolean', default: false },
        only: { type: 'string' },
        write: { type: 'boolean', default: false },
        'no-peers': { type: 'boolean', default: false },
        'no-build': { type: 'boolean', default: false },
        minutes: { type: 'string' },
        rate: { type: 'string' },
      },
    });
  } catch (error) {
    throw new StepError(
      `${error instanceof Error ? error.message : error}. Usage: npm run bench -- [run] ` +
        '[--quick] [--only latency,starts] [--write] [--no-peers] [--no-build] [--minutes 60] ' +
        '[--rate 100]',
    );
  }
  const { values, positionals } = parsed;
  const [command = 'run', ...rest] = positionals;
  if (rest.length > 0 || !COMMANDS.includes(command))
    throw new StepError(
      `"${positionals.join(' ')}": the commands are ${COMMANDS.join(', ')}; rows are chosen ` +
        'with --only.',
    );
  if (values.quick && values.write)
    throw new StepError(
      '--quick takes too few samples for figures worth keeping; run without it to --write.',
    );
  return {
    command,
    quick: values.quick,
    write: values.write,
    only: command === 'gpu' ? ['gpu'] : values.only?.split(','),
    peers: !values['no-peers'],
    build: !values['no-build'],
    minutes: numberOf('--minutes', values.minutes),
    rate: numberOf('--rate', values.rate),
  };
}

/**
 * @param {string} option
 * @param {string | undefined} text
 */
function numberOf(option, text) {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (!(number > 0)) throw new StepError(`${option}: expected a number above 0; got "${text}".`);
  return number;
}

/**
 * @param {boolean} wanted
 * @returns {Promise<Peers>}
 */
async function lookForPeers(wanted) {
  if (!wanted) return { installed: {}, missing: {} };
  return (await import('./runtime/prepare/peers.mjs')).installPeers(join(OUT, 'peers'));
}

async function prepareModels() {
  mkdirSync(OUT, { recursive: true });
  const { writeModels } = await import('./runtime/prepare/models.mjs');
  const { publishReleases } = await import('./runtime/prepare/releases.mjs');
  await publishReleases(OUT, await writeModels(join(OUT, 'models')));
}

/** @param {Readonly<Record<string, string>>} installed */
async function compress(installed) {
  const { compressAhead } = await import('./runtime/prepare/compress.mjs');
  const peerFiles = [
    ['tfjs', '@tensorflow/tfjs-backend-wasm/dist'],
    ['transformers', 'onnxruntime-web/dist'],
  ]
    .filter(([name]) => installed[name])
    .map(([name, path]) => join(installed[name], path));
  compressAhead(
    [...['page', 'models', 'registry'].map((folder) => join(OUT, folder)), ...peerFiles],
    join(OUT, 'brotli'),
  );
}

/**
 * @param {readonly import('./report/types.d.ts').Section<object, Context>[]} wanted
 * @param {Run} run
 */
async function measure(wanted, { executablePath, peers, options, results, save }) {
  const { launch } = await import('./runtime/browser.mjs');
  const { LINE, serve } = await import('./server.mjs');
  const { describeMachine } = await import('./report/report.mjs');
  const { unspoiled, widest } = await import('./report/controls.mjs');
  const { progress } = await import('../scripts/progress.mjs');
  const brotli = join(OUT, 'brotli');
  /** @type {[prefix: string, folder: string][]} */
  const folders = [
    ['/models/', join(OUT, 'models')],
    ['/registry/', join(OUT, 'registry')],
    ['/ort/', join(ROOT, 'node_modules', 'onnxruntime-web', 'dist')],
    ...peerFolders(peers),
    ['/', join(OUT, 'page')],
  ];
  const servers = {
    plain: await serve(folders),
    brotli: await serve(folders, { brotli }),
    slow: await serve(folders, { line: LINE }),
    slowBrotli: await serve(folders, { brotli, line: LINE }),
  };
  const browser = await launch(executablePath);
  results.machine = describeMachine(browser.version());
  results.code = codeOf();
  try {
    for (const [index, { name, title, run }] of wanted.entries()) {
      const { say, done } = progress(`${index + 1}/${wanted.length} ${title}`);
      const bench = { executablePath, servers, browser, peers, options, say };
      /** @param {(model: BenchModel) => boolean} isWanted */
      const once = (isWanted) => measureOnce(run, bench, isWanted);
      const { figures, leftOut, controls } = await (options.quick
        ? once(() => true)
        : unspoiled(once));
      const date = new Date().toISOString();
      results.sections[name] = {
        date,
        code: codeOf(),
        figures,
        leftOut,
        spread: widest(controls),
      };
      save();
      done();
    }
  } finally {
    await browser.close();
    for (const server of Object.values(servers)) server.close();
  }
}

/**
 * @param {import('./report/types.d.ts').Section<object, Context>['run']} run
 * @param {Pick<Run, 'executablePath' | 'peers' | 'options'>
 *   & Pick<Context, 'servers' | 'browser' | 'say'>} bench
 * @param {(model: BenchModel) => boolean} isWanted chooses models of a section by model
 * @returns {Promise<import('./report/types.d.ts').Attempt>}
 */
async function measureOnce(run, { peers, options, ...bench }, isWanted) {
  const leftOut = Object.values(peers.missing);
  /** @type {Map<string, readonly number[]>} */
  const controls = new Map();
  /** @type {readonly BenchModel[] | null} */
  let models = null;
  const { figures } = await run({
    ...bench,
    out: OUT,
    peers: peers.installed,
    pick: (full, quick) => (options.quick ? quick : full),
    few: (all) => {
      models = all.filter((model) => isWanted(model) && (model.quick || !options.quick));
      return models;
    },
    control: (label, times) => controls.set(label, times),
    leaveOut: (model, sides) =>
      leftOut.push(
        ...Object.entries(sides).map(([side, why]) => `${side} on ${model.title}: ${why}`),
      ),
  });
  return { figures: { ...figures }, leftOut, controls, models };
}

/** A hash of the packages without their tests, with a mark for changes that are not committed. */
function codeOf() {
  const paths = ['--', 'packages', ...TESTS.map((pattern) => `:(exclude,glob)${pattern}`)];
  /** @param {string[]} args */
  const git = (...args) => execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).trim();
  try {
    const changed = git('status', '--porcelain', ...paths) !== '';
    const hash = createHash('sha1').update(git('ls-files', '--stage', ...paths));
    return hash.digest('hex').slice(0, 8) + (changed ? ', changed' : '');
  } catch {
    return 'unknown';
  }
}

/**
 * @param {Peers} peers
 * @returns {[prefix: string, folder: string][]}
 */
function peerFolders({ installed }) {
  return Object.entries(installed).map(([name, folder]) => [`/peers/${name}/`, folder]);
}
