// npm run bench -- deliver: bytes that a device fetches for an update, compared with fixed-size
// chunks and a plain download.
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { seededRandom } from '@perigee/profile/analysis';
import { drawNormal } from '../draws.mjs';
import { mobilenet } from '../models/generate.mjs';
import { serve } from '../server.mjs';

/** @typedef {import('../models/types.d.ts').Parts} Parts */
/** @typedef {import('../models/types.d.ts').Weight} Weight */

/**
 * An update: the model before it, the change, and the greatest share of the file that a device is
 * to fetch.
 * @typedef {object} Case
 * @property {string} name
 * @property {import('../models/types.d.ts').GraphOptions} options
 * @property {(parts: Parts) => Parts} edit
 * @property {(weights: readonly Weight[]) => number} goal
 */

const MIB = 1024 * 1024;
const HEAD_CHANNELS = 1000;

/**
 * Gives every node and tensor a longer name, and changes the order of the tensors, like another
 * version of an exporter.
 * @param {Parts} parts
 * @returns {Parts}
 */
function reexported({ nodes, initializers }) {
  /** @param {string} name */
  const rename = (name) =>
    name === 'pixel_values' || name === 'logits' ? name : `model/features/${name}/exported`;
  const renamed = nodes.map((node) => ({
    ...node,
    inputs: node.inputs.map(rename),
    outputs: node.outputs.map(rename),
  }));
  return {
    nodes: renamed,
    initializers: shuffled(
      initializers.map((tensor) => ({ ...tensor, name: rename(tensor.name) })),
    ),
  };
}

/**
 * @param {readonly Weight[]} list
 * @returns {Weight[]}
 */
function shuffled(list) {
  const random = gaussian(13);
  return list
    .map((item) => ({ item, at: random.uniform() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

/**
 * Simulates a light fine-tune that keeps the scales. Every int8 weight stands for a hidden float
 * within half a step of it, which moves by a thousandth of itself.
 * @param {Parts} parts
 * @returns {Parts}
 */
function moved({ nodes, initializers }) {
  const random = gaussian(11);
  /** @param {number} value */
  const move = (value) =>
    Math.max(
      -127,
      Math.min(127, Math.round((value + random.uniform() - 0.5) * (1 + 1e-3 * random.normal()))),
    );
  return {
    nodes,
    initializers: initializers.map((tensor) =>
      tensor.data instanceof Int8Array
        ? { ...tensor, data: Int8Array.from(tensor.data, move) }
        : tensor,
    ),
  };
}

/**
 * @param {Parts} parts
 * @returns {Parts}
 */
function headOnly({ nodes, initializers }) {
  const random = gaussian(12);
  /** @param {Weight} weight */
  const isHead = ({ dims }) => dims[0] === HEAD_CHANNELS;
  return {
    nodes,
    initializers: initializers.map((tensor) =>
      isHead(tensor)
        ? {
            ...tensor,
            data: Float32Array.from(
              Array.from(tensor.data, Number),
              (value) => value + 0.002 * random.normal(),
            ),
          }
        : tensor,
    ),
  };
}

/** @type {readonly Case[]} */
const CASES = [
  {
    name: 're-export: all names and the order changed',
    options: {},
    edit: reexported,
    goal: () => 0.02,
  },
  {
    name: 'int8, all weights moved by 1e-3',
    options: { int8: true },
    edit: moved,
    goal: () => 0.06,
  },
  { name: 'fine-tuned head only', options: {}, edit: headOnly, goal: (weights) => share(weights) },
];

/**
 * The head's share of all weights, in bytes.
 * @param {readonly Weight[]} weights
 */
function share(weights) {
  /** @param {readonly Weight[]} list */
  const bytes = (list) => list.reduce((sum, { data }) => sum + data.byteLength, 0);
  return bytes(weights.filter(({ dims }) => dims[0] === HEAD_CHANNELS)) / bytes(weights);
}

/** @param {import('../report/types.d.ts').Say} say */
export async function measureDelivery(say) {
  const folder = mkdtempSync(join(tmpdir(), 'perigee-deliver-'));
  try {
    /** @type {import('../report/types.d.ts').Cell[][]} */
    const rows = [];
    for (const [i, { name, options, edit, goal }] of CASES.entries()) {
      say(name);
      const before = mobilenet(options);
      const after = mobilenet({ ...options, edit });
      const { fetched, metadata } = await fetchedForUpdate(
        join(folder, String(i)),
        before.bytes,
        after.bytes,
      );
      /** @param {number} bytes */
      const of = (bytes) => `${((100 * bytes) / after.bytes.length).toFixed(2)} %`;
      const reached = fetched / after.bytes.length <= goal(before.weights);
      rows.push([
        name,
        `${(after.bytes.length / 1e6).toFixed(1)} MB`,
        of(fetched),
        `≤ ${(100 * goal(before.weights)).toFixed(1)} %${reached ? '' : ' ✗'}`,
        of(missingFixed(before.bytes, after.bytes)),
        of(gzipSync(after.bytes).length),
        '100 %',
        of(metadata),
      ]);
    }
    return [
      [
        'update',
        'file',
        'perigee fetches',
        'goal',
        'fixed 1 MiB chunks',
        'the file gzipped',
        'the file',
        'besides, manifest and metadata',
      ],
      ...rows,
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Bytes that a real device fetches from a real host, without golden samples. `fetched`: objects,
 * deltas and their index; `metadata`: signed metadata and the manifest.
 * @param {string} folder
 * @param {Uint8Array} before
 * @param {Uint8Array} after
 */
async function fetchedForUpdate(folder, before, after) {
  const { heldRelease, initRegistry, pack, publish, temporaryKeys } = await import('@perigee/cli');
  const { createPerigee } = await import('perigee');
  mkdirSync(folder, { recursive: true });
  const publisher = { to: join(folder, 'registry'), keys: await temporaryKeys() };
  await initRegistry(publisher);
  const host = await serve([
    ['/registry/', publisher.to],
    ['/', folder],
  ]);
  const perigee = createPerigee({
    registry: `${host.url}registry/`,
    store: { folder: join(folder, 'device') },
  });
  let [fetched, metadata] = [0, 0];
  for (const { version, bytes } of [
    { version: '1.0.0', bytes: before },
    { version: '1.1.0', bytes: after },
  ]) {
    const file = join(folder, `${version}.onnx`);
    writeFileSync(file, bytes);
    const release = await pack(
      { model: file, name: 'mobilenet', version, goldenCount: 1 },
      () => undefined,
    );
    await publish(heldRelease(release), publisher, 'stable');
    host.takeTraffic();
    const model = await perigee.load('mobilenet', { update: 'latest', backend: 'native' });
    if (model.version !== version)
      throw new Error(`The device answers with ${model.version}, expected ${version}.`);
    const sha256 = release.manifest.golden?.sha256 ?? '';
    const golden = `/blobs/sha256/${sha256.slice(0, 2)}/${sha256}`;
    const traffic = host.takeTraffic();
    /** @param {(path: string) => boolean} wanted */
    const sum = (wanted) =>
      traffic.reduce((total, { path, bytes: length }) => total + (wanted(path) ? length : 0), 0);
    /** @param {string} path */
    const isContent = (path) => path.includes('/blobs/') || path.includes('/deltas/');
    fetched = sum((path) => isContent(path) && !path.endsWith(golden));
    metadata = sum((path) => !isContent(path));
    await model.dispose();
  }
  await perigee.dispose();
  host.close();
  return { fetched, metadata };
}

/**
 * @param {Uint8Array} before
 * @param {Uint8Array} after
 */
function missingFixed(before, after) {
  /** @param {Uint8Array} bytes */
  const pieces = (bytes) =>
    Array.from({ length: Math.ceil(bytes.length / MIB) }, (_, i) =>
      bytes.subarray(i * MIB, (i + 1) * MIB),
    );
  /** @param {Uint8Array} piece */
  const digest = (piece) => createHash('sha256').update(piece).digest('hex');
  const known = new Set(pieces(before).map(digest));
  return pieces(after).reduce(
    (sum, piece) => sum + (known.has(digest(piece)) ? 0 : piece.length),
    0,
  );
}

/** @param {number} seed */
function gaussian(seed) {
  const uniform = seededRandom(seed);
  return { uniform, normal: () => drawNormal(uniform) };
}
