import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { createHash } from 'node:crypto';
import { ROOT } from '../../../scripts/steps.mjs';
import { CONVOLUTIONS } from '../../models/catalog.mjs';
import { cnn, convolutions, minilm, mlp, mobilenet, wide } from '../../models/generate.mjs';
import { HUB_FILES } from '../../models/hub-folder.mjs';
import { cnnLayers, mlpLayers } from '../../models/layers-model.mjs';

const SOURCES = ['catalog.mjs', 'generate.mjs', 'graph.mjs', 'layers-model.mjs', 'hub-folder.mjs']
  .map((file) => join('bench', 'models', file))
  .concat(join('packages', 'registry', 'src', 'onnx', 'write-model.ts'))
  .concat(join('bench', 'runtime', 'prepare', 'models.mjs'))
  .map((file) => join(ROOT, file));

/**
 * Writes every model in every form that a side needs, unless they exist: NAME.onnx, NAME-int8.onnx,
 * NAME-optimised.onnx, NAME-apart.onnx with its .data, tfjs/NAME, hub/NAME.
 * @param {string} folder
 * @returns {Promise<string>} a text that changes when the models do
 */
export async function writeModels(folder) {
  const stamp = SOURCES.reduce(
    (hash, file) => hash.update(readFileSync(file)),
    createHash('sha256'),
  ).digest('hex');
  const stampFile = join(folder, 'stamp');
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return stamp;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });

  const small = { mlp: mlp(), cnn: cnn() };
  /** @type {Record<string, import('../../models/types.d.ts').MadeModel>} */
  const files = {
    mlp: small.mlp,
    cnn: small.cnn,
    wide: wide(),
    mobilenet: mobilenet(),
    'mobilenet-int8': mobilenet({ int8: true }),
    minilm: minilm(),
    'minilm-int8': minilm({ int8: true }),
  };
  for (const [name, { bytes }] of Object.entries(files))
    writeFileSync(join(folder, `${name}.onnx`), bytes);
  for (const { name, side } of CONVOLUTIONS)
    writeFileSync(join(folder, `${name}.onnx`), convolutions(side).bytes);
  copyFileSync(
    join(ROOT, 'models', 'digits', 'versions', '1.0.0', 'model.onnx'),
    join(folder, 'digits.onnx'),
  );
  for (const name of ['mobilenet', 'minilm', 'minilm-int8'])
    await optimise(join(folder, `${name}.onnx`), join(folder, `${name}-optimised.onnx`));
  for (const name of ['mlp', 'minilm'])
    await weightsApart(join(folder, `${name}.onnx`), join(folder, `${name}-apart.onnx`));

  for (const [name, { json, weights }] of Object.entries({
    mlp: mlpLayers(small.mlp),
    cnn: cnnLayers(small.cnn),
  })) {
    put(join(folder, 'tfjs', name, 'model.json'), JSON.stringify(json));
    put(join(folder, 'tfjs', name, 'weights.bin'), weights);
  }
  for (const [name, contents] of Object.entries(HUB_FILES)) {
    for (const [file, content] of Object.entries(contents))
      put(join(folder, 'hub', name, file), JSON.stringify(content));
    put(join(folder, 'hub', name, 'onnx', 'model.onnx'), files[name].bytes);
  }
  writeFileSync(stampFile, stamp);
  return stamp;
}

/**
 * The graph after ONNX Runtime's portable optimisations, without those for this machine's
 * processor.
 * @param {string} from
 * @param {string} to
 */
async function optimise(from, to) {
  const ort = await import('onnxruntime-node');
  const session = await ort.InferenceSession.create(from, {
    graphOptimizationLevel: 'extended',
    optimizedModelFilePath: to,
    logSeverityLevel: 3,
  });
  await session.release();
}

/**
 * The same graph with its large weights in a file beside it, `to` and ".data".
 * @param {string} from
 * @param {string} to
 */
export async function weightsApart(from, to) {
  const ort = await import('onnxruntime-node');
  const session = await ort.InferenceSession.create(from, {
    graphOptimizationLevel: 'disabled',
    optimizedModelFilePath: to,
    logSeverityLevel: 3,
    extra: {
      session: {
        optimized_model_external_initializers_file_name: `${basename(to)}.data`,
        optimized_model_external_initializers_min_size_in_bytes: '65536',
      },
    },
  });
  await session.release();
}

/**
 * @param {string} file
 * @param {string | Uint8Array} content
 */
function put(file, content) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}
