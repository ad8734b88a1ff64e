import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { node, ROOT } from '../../../scripts/steps.mjs';

const NAMES = [
  'mlp',
  'cnn',
  'mobilenet',
  'mobilenet-int8',
  'mobilenet-optimised',
  'minilm',
  'minilm-int8',
  'minilm-optimised',
  'minilm-int8-optimised',
];

const PERIGEE = join(ROOT, 'packages', 'cli', 'bin', 'perigee.js');

/** The recipe of transformers.js' processor for the same model, see hub-folder.mjs. */
const IMAGE = {
  preprocess: [
    { op: 'image' },
    { op: 'resize', width: 224, height: 224, method: 'bilinear' },
    { op: 'rescale', factor: 1 / 255 },
    { op: 'normalize', mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
    { op: 'layout', to: 'NCHW' },
  ],
  postprocess: [],
};

/**
 * Packs and publishes the models into a registry below `out`, unless this CLI has already published
 * these models.
 * @param {string} out
 * @param {string} modelsStamp
 */
export async function publishReleases(out, modelsStamp) {
  const stampFile = join(out, 'registry.stamp');
  /** @param {string} name */
  const buildStamp = (name) => newest(join(ROOT, 'packages', name, 'dist'));
  const stamp = `${modelsStamp} ${buildStamp('cli')} ${buildStamp('registry')}`;
  if (
    existsSync(stampFile) &&
    readFileSync(stampFile, 'utf8') === stamp &&
    existsSync(join(out, 'registry'))
  )
    return;
  rmSync(join(out, 'releases'), { recursive: true, force: true });
  rmSync(join(out, 'registry'), { recursive: true, force: true });
  process.env.PERIGEE_KEY_PASSPHRASE ??= 'keys of a bench, thrown away';
  rmSync(join(out, 'keys'), { recursive: true, force: true });
  await node(PERIGEE, [
    'init',
    '--to',
    join(out, 'registry'),
    '--keys',
    join(out, 'keys'),
    '--root',
    join(out, 'root.json'),
  ]);
  for (const name of NAMES) await release(out, name, name, []);
  const pipeline = join(out, 'image-pipeline.json');
  writeFileSync(pipeline, JSON.stringify(IMAGE));
  await release(out, 'mobilenet', 'mobilenet-image', ['--pipeline', pipeline]);
  writeFileSync(stampFile, stamp);
}

/**
 * @param {string} out
 * @param {string} file
 * @param {string} name
 * @param {readonly string[]} options
 */
async function release(out, file, name, options) {
  await node(PERIGEE, [
    'pack',
    join(out, 'models', `${file}.onnx`),
    '--name',
    name,
    '--version',
    '1.0.0',
    '--golden-count',
    '1',
    '--out',
    join(out, 'releases'),
    ...options,
  ]);
  await node(PERIGEE, [
    'publish',
    `${name}@1.0.0`,
    '--from',
    join(out, 'releases'),
    '--to',
    join(out, 'registry'),
    '--keys',
    join(out, 'keys'),
    '--incomplete',
    'a bench',
  ]);
}

/**
 * Time of the newest file below a folder.
 * @param {string} folder
 */
function newest(folder) {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).reduce(
    (latest, file) => Math.max(latest, statSync(join(folder, file)).mtimeMs),
    0,
  );
}
