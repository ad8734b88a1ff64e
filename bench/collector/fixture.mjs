// A registry with one published model of 20 features in five versions. The collector checks uploads
// against it.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildReference, parseReference, referenceId } from '@perigee/profile';
import { seededRandom } from '@perigee/profile/analysis';
import { graph } from '../models/graph.mjs';
import { FEATURES, MODEL, VERSIONS } from './devices.mjs';
import { drawNormal } from '../draws.mjs';

/**
 * @typedef {object} PublishedModel
 * @property {string} registry folder
 * @property {import('@perigee/profile').ReferenceProfile} reference
 * @property {string} referenceId
 */

const ROWS = 20_000;

/**
 * @param {string} folder
 */
export async function publishedModel(folder) {
  const [registry, file] = [join(folder, 'registry'), join(folder, 'reference.json')];
  if (!existsSync(join(folder, 'complete'))) await publishAll(folder, registry, file);
  const bytes = readFileSync(file);
  return { registry, reference: parseReference(bytes), referenceId: await referenceId(bytes) };
}

/**
 * Standard normal columns. Answers are right as often as their confidence says.
 * @param {import('../draws.mjs').Random} random
 * @param {number} [features]
 * @param {number} [rows]
 */
export function normalReference(random, features = FEATURES, rows = ROWS) {
  const predictions = Array.from({ length: rows }, () => ({
    labelIndex: random() < 0.3 ? 1 : 0,
    score: 0.5 + 0.5 * random() ** 0.5,
  }));
  const calibration = {
    probabilities: Array.from({ length: 100 }, (_, i) => (i + 0.5) / 100),
    rows,
    accuracy: predictions.reduce((sum, { score }) => sum + score, 0) / rows,
  };
  return buildReference({
    features: Array.from({ length: features }, (_, i) => ({
      name: `feature_${i}`,
      kind: /** @type {const} */ ('numeric'),
      values: Array.from({ length: rows }, () => drawNormal(random)),
    })),
    output: { labels: ['repaid', 'defaulted'], predictions, calibration },
  });
}

/**
 * @param {string} folder
 * @param {string} registry
 * @param {string} file
 */
async function publishAll(folder, registry, file) {
  const { heldRelease, initRegistry, pack, publish, temporaryKeys } = await import('@perigee/cli');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, JSON.stringify(normalReference(seededRandom(1))));
  writeFileSync(join(folder, 'model.onnx'), network().bytes);
  const publisher = { to: registry, keys: await temporaryKeys() };
  await initRegistry(publisher);
  for (const version of VERSIONS) {
    const release = await pack(
      {
        model: join(folder, 'model.onnx'),
        name: MODEL,
        version,
        goldenCount: 1,
        referenceProfile: file,
        labels: 'repaid,defaulted',
      },
      () => undefined,
    );
    await publish(heldRelease(release), publisher, 'stable');
  }
  writeFileSync(join(folder, 'complete'), '');
}

/** Dense layers 20-32-2. */
function network() {
  const g = graph(5);
  const out = g.softmax(g.dense(g.relu(g.dense('input', FEATURES, 32)), 32, 2));
  /**
   * @param {string} name
   * @param {(number | string)[]} shape
   * @returns {import('../models/types.d.ts').Port}
   */
  const float = (name, shape) => ({ name, shape, dtype: 'float32' });
  return g.finish([float('input', ['batch', FEATURES])], out, float('output', ['batch', 2]));
}
