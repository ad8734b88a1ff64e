// node opening.mjs <side> <name> <folder of models> <folder of the store> <registry> <root>: one
// process opens a small model in a worker, so that all code is loaded and warm, then another model
// in a further worker. Prints the resident memory above the level in between, as JSON.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';

const SAMPLE_MS = 2;
/** @typedef {(model: string) => Promise<unknown>} Open */
/**
 * Pause in which memory of the first model is released. The measured figure is memory, and no event
 * reports the end of the release.
 */
const SETTLE_MS = 1_000;
const [side, name, models, folder, registry, root] = process.argv.slice(2);
const settle = () => new Promise((resolve) => setTimeout(resolve, SETTLE_MS));

/**
 * @param {string} packageName
 * @param {'bytes' | 'path' | 'apart'} [from]
 * @returns {Open}
 */
const raw =
  (packageName, from = 'bytes') =>
  (model) =>
    new Promise((resolve, reject) => {
      const worker = new Worker(new URL('raw-opener.mjs', import.meta.url), {
        workerData: { packageName, from, path: join(models, `${model}.onnx`) },
      });
      worker.once('message', resolve).once('error', reject);
    });

/**
 * @param {import('perigee').Backend} backend
 * @returns {Promise<Open>}
 */
async function perigee(backend) {
  const { createPerigee } = await import('perigee');
  const device = createPerigee({
    registry,
    trustedRoot: readFileSync(root, 'utf8'),
    store: { folder },
  });
  return (model) => device.load(model, { update: 'local', backend, threads: 1 });
}

/** @type {Readonly<Record<string, () => Open | Promise<Open>>>} */
const SIDES = {
  'raw native': () => raw('onnxruntime-node'),
  'raw native, from its path': () => raw('onnxruntime-node', 'path'),
  'raw native, weights beside it': () => raw('onnxruntime-node', 'apart'),
  'perigee native': () => perigee('native'),
  'raw wasm': () => raw('onnxruntime-web'),
  'raw wasm, weights one by one': () => raw('onnxruntime-web', 'apart'),
  'perigee wasm': () => perigee('wasm'),
};

const open = await SIDES[side]();
await open('small');
await settle();
const baseline = process.memoryUsage.rss();
let peak = baseline;
const look = () => (peak = Math.max(peak, process.memoryUsage.rss()));
const meter = setInterval(look, SAMPLE_MS);
const start = performance.now();
await open(name);
const openMs = performance.now() - start;
look();
clearInterval(meter);
await settle();
console.log(
  JSON.stringify({ peak: peak - baseline, after: process.memoryUsage.rss() - baseline, openMs }),
);
process.exit(0);
