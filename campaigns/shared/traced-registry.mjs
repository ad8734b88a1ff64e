// A registry with one small model, packed against a reference that tells single predictions apart.
// The first features have thousands of bins of width one, and each prediction gets a number that
// falls into a bin of its own. So the counts that arrive show how often each prediction was
// counted.
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { heldRelease, initRegistry, pack, publish, temporaryKeys } from '@perigee/cli';
import { parseReference, referenceId } from '@perigee/profile';
import { layout } from '@perigee/registry';

const WDBC = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'models', 'wdbc');
/** The first bin is for values without an id. */
const BINS = 4_000;
const IDS = BINS - 1;
const TRACED_FEATURES = 6;
const FEATURES = 30;

export const MODEL = 'wdbc';
export const VERSION = '1.0.0';
/** The number of predictions that can be told apart. */
export const MAX_IDS = IDS * TRACED_FEATURES;

/**
 * The path of the registry, its reference and the reference's id.
 * @typedef {object} TracedRegistry
 * @property {string} path
 * @property {import('@perigee/profile').ReferenceProfile} profile
 * @property {string} id
 */

/**
 * Makes the registry in a folder.
 * @param {string} folder
 * @returns {Promise<TracedRegistry>}
 */
export async function makeTracedRegistry(folder) {
  await mkdir(folder, { recursive: true });
  const pipeline = JSON.parse(readFileSync(join(WDBC, 'pipeline.json'), 'utf8'));
  /** @type {string[]} */
  const labels = JSON.parse(readFileSync(join(WDBC, 'labels.json'), 'utf8'));
  /** @type {{ op: string, features: string[] }[]} */
  const steps = pipeline.preprocess;
  const names = steps.find(({ op }) => op === 'tabular')?.features ?? [];
  const reference = {
    schema: 'perigee-reference/1',
    rows: 100,
    features: names.map((name, i) => numeric(name, i < TRACED_FEATURES ? BINS : 2)),
    output: {
      labels,
      labelCounts: labels.map(() => 50),
      scoreCounts: Array.from({ length: 100 }, () => 1),
    },
  };
  const file = join(folder, 'reference.json');
  await writeFile(file, JSON.stringify(reference));
  const publisher = { to: join(folder, 'registry'), keys: await temporaryKeys() };
  await initRegistry(publisher);
  const release = await pack(
    {
      name: MODEL,
      version: VERSION,
      model: join(WDBC, 'versions', '1.0.0', 'model.onnx'),
      golden: join(WDBC, 'versions', '1.0.0', 'golden.json'),
      referenceProfile: file,
      pipeline: join(WDBC, 'pipeline.json'),
      labels: join(WDBC, 'labels.json'),
    },
    () => undefined,
  );
  await publish(heldRelease(release), publisher, 'stable');
  const { sha256 } = release.manifest.reference ?? {};
  const bytes = sha256 && release.objects.get(layout.blob(sha256));
  if (!bytes) throw new Error('The release has no reference.');
  return { path: publisher.to, profile: parseReference(bytes), id: await referenceId(bytes) };
}

/**
 * The input of prediction `id`.
 * @param {number} id
 */
export function inputOf(id) {
  const values = Array.from({ length: FEATURES }, () => 0);
  values[Math.floor(id / IDS)] = 1 + (id % IDS);
  return values;
}

/**
 * The number of times that each prediction was counted, by its id.
 * @param {readonly import('@perigee/profile').Profile[]} profiles
 */
export function countedIds(profiles) {
  /** @type {Map<number, number>} */
  const counted = new Map();
  for (const { features } of profiles) {
    for (let feature = 0; feature < TRACED_FEATURES; feature += 1) {
      features[feature]?.bins.forEach((count, bin) => {
        const id = feature * IDS + bin - 1;
        if (bin > 0 && count > 0) counted.set(id, (counted.get(id) ?? 0) + count);
      });
    }
  }
  return counted;
}

/**
 * @param {string} name
 * @param {number} bins
 */
function numeric(name, bins) {
  const edges = Array.from({ length: bins - 1 }, (_, i) => i + 0.5);
  return {
    kind: 'numeric',
    name,
    edges,
    counts: Array.from({ length: bins }, () => 1),
    missing: 0,
    min: 0,
    max: bins - 1,
    quantiles: [0, 0.25, 0.5, 0.75, 1].map((share) => share * (bins - 1)),
  };
}
