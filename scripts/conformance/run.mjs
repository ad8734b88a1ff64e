// npm run conformance -- --data <folder> [--filter x] [--backend native|wasm|cpu|webgpu]
// [--verbose]
// Runs ONNX's backend tests through the SDK and the raw runtime of the same version. The exit code
// is 1 if the raw runtime passes a case that the SDK does not.
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { progress } from '../progress.mjs';
import { compile, install, main, ROOT, step, StepError } from '../steps.mjs';

/** @typedef {import('./types.d.ts').CaseResult} CaseResult */
/** @typedef {import('./types.d.ts').SideResult} SideResult */

/** @type {readonly import('./types.d.ts').TestBackend[]} */
const BACKENDS = ['native', 'wasm', 'cpu', 'webgpu'];
/** @type {Readonly<Record<import('./types.d.ts').TestBackend, string>>} */
const RUNTIME = {
  native: 'onnxruntime-node',
  wasm: 'onnxruntime-web',
  cpu: 'onnxruntime-web',
  webgpu: 'onnxruntime-web',
};

const calledFrom = process.cwd();
/** @type {ReturnType<typeof progress> | undefined} */
let told;

await main(async () => {
  const { data, filter, backend, verbose } = options();
  await step('Installing dependencies', install);
  await step('Compiling packages', compile);
  const { conform, sortOut } = await import('./conform.mjs');
  const { TOLERANCE } = await import('./compare.mjs');

  const start = performance.now();
  const results = await conform({ data, filter, backend, onProgress });
  if (results.length === 0)
    throw new StepError(
      'There is no model.onnx below ' +
        `"${data}"${filter && ` in a folder whose name contains "${filter}"`}. A case is a ` +
        'folder with model.onnx and test_data_set_0/input_0.pb, output_0.pb …, as in ' +
        'onnx/backend/test/data.',
    );
  const groups = sortOut(results);

  const seconds = ((performance.now() - start) / 1000).toFixed(0);
  console.log(
    `\nperigee ${version('perigee')} (${backend}) against ` +
      `${RUNTIME[backend]} ${version(RUNTIME[backend])}: ${results.length} cases in ` +
      `${seconds} s. Equal dtypes and shapes; floats within ${TOLERANCE.atol} + ` +
      `${TOLERANCE.rtol} · |expected|, everything else exactly.\n`,
  );
  console.log(
    columns([
      ['both pass', groups.both.length],
      ['only the raw runtime passes', groups.loss.length],
      ['only perigee passes', groups.gain.length],
      ['neither passes', groups.neither.length],
      ...declinedRow(backend, groups.declined.length),
      ['skipped: not only tensors, or no data', groups.skipped.length],
    ]),
  );
  list('Only the raw runtime passes', groups.loss, ({ sdk }) => said(sdk));
  list('Only perigee passes', groups.gain, ({ raw }) => said(raw));
  if (verbose) {
    list(
      'Neither passes',
      groups.neither,
      ({ raw, sdk }) => `raw: ${said(raw)}\n      perigee: ${said(sdk)}`,
    );
    list('Declined', groups.declined, ({ sdk }) => said(sdk));
    list('Skipped', groups.skipped, ({ skipped }) => skipped);
  } else if (groups.neither.length > 0)
    console.log(`\nNeither: ${counted(groups.neither)}. --verbose lists them.`);
  if (groups.loss.length > 0) process.exitCode = 1;
});

function options() {
  const values = parsed();
  const backend = BACKENDS.find((known) => known === values.backend);
  if (!backend)
    throw new StepError(`--backend is one of ${BACKENDS.join(', ')}; got "${values.backend}".`);
  if (values.data === undefined)
    throw new StepError(
      '--data names a folder of ONNX backend tests, e.g. the onnx/backend/test/data of a ' +
        'checkout of onnx/onnx.',
    );
  const data = resolve(process.env.INIT_CWD ?? calledFrom, values.data);
  if (!existsSync(data)) throw new StepError(`--data names "${data}", which does not exist.`);
  return { ...values, backend, data };
}

function parsed() {
  try {
    return parseArgs({
      options: {
        data: { type: 'string' },
        filter: { type: 'string', default: '' },
        backend: { type: 'string', default: 'native' },
        verbose: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw new StepError(
      `${error instanceof Error ? error.message : error}. Usage: npm run conformance -- ` +
        `--data <folder> [--filter x] [--backend ${BACKENDS.join('|')}] [--verbose]`,
    );
  }
}

/** @param {import('./types.d.ts').Progress} progress */
function onProgress({ side, done, total }) {
  told ??= progress(side === 'raw' ? 'Raw runtime' : 'Perigee');
  told.say(`${done} of ${total}`);
  if (done < total) return;
  told.done();
  told = undefined;
}

/**
 * @param {string} title
 * @param {readonly CaseResult[]} group
 * @param {(result: CaseResult) => string | undefined} why
 */
function list(title, group, why) {
  if (group.length === 0) return;
  console.log(`\n${title}:`);
  for (const result of group) console.log(`  ${result.name}\n      ${why(result)}`);
}

/**
 * @param {string} backend
 * @param {number} count
 * @returns {[string, number][]}
 */
function declinedRow(backend, count) {
  return backend === 'cpu' ? [['declined by the instant engine', count]] : [];
}

/** @param {SideResult | undefined} result */
function said(result) {
  if (!result) return '';
  const { status, reason, code } = result;
  return [status, code, reason].filter(Boolean).join(': ');
}

/**
 * Their results on the raw side, such as "12 refused, 3 wrong".
 * @param {readonly CaseResult[]} group
 */
function counted(group) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const { raw } of group) if (raw) counts.set(raw.status, (counts.get(raw.status) ?? 0) + 1);
  return [...counts].map(([status, count]) => `${count} ${status}`).join(', ');
}

/** @param {readonly (readonly [name: string, count: number])[]} rows */
function columns(rows) {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows
    .map(([name, count]) => `  ${name.padEnd(width)}  ${String(count).padStart(5)}`)
    .join('\n');
}

/**
 * @param {string} name
 * @returns {string}
 */
function version(name) {
  return JSON.parse(readFileSync(join(ROOT, 'node_modules', name, 'package.json'), 'utf8')).version;
}
