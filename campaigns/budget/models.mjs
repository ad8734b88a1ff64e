// Ten different models in a registry: dense, convolutions, int8, weights in a file of their own.
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { heldRelease, initRegistry, pack, publish, temporaryKeys } from '@perigee/cli';
import { layersApart } from '../../bench/models/external-data.mjs';
import { cnn, convolutions, heavy, mlp, mobilenet } from '../../bench/models/generate.mjs';

/** @typedef {{ readonly bytes: Uint8Array, readonly data?: () => Iterable<Uint8Array> }} Made */

/**
 * Weights in a file beside the model.
 * @param {number} side
 * @param {number} layers
 * @returns {(path: string) => Made}
 */
const apart = (side, layers) => (path) => layersApart({ side, layers, path, seed: side + layers });

/**
 * Models by name. The large ones have 100 MB in all.
 * @type {Readonly<Record<'small' | 'large', Readonly<Record<string, (path: string) => Made>>>>}
 */
const MODELS = {
  small: {
    dense: mlp,
    image: cnn,
    'image-32': () => convolutions(32),
    'apart-1': apart(64, 1),
    'apart-2': apart(64, 2),
    'apart-3': apart(64, 3),
    'apart-4': apart(128, 1),
    'apart-5': apart(128, 2),
    'apart-6': apart(128, 3),
    'apart-7': apart(256, 1),
  },
  large: {
    dense: mlp,
    image: cnn,
    mobilenet: () => mobilenet(),
    'mobilenet-int8': () => mobilenet({ int8: true }),
    heavy: () => heavy(1),
    'apart-4': apart(1024, 1),
    'apart-8': apart(1024, 2),
    'apart-16': apart(1024, 4),
    'apart-20': apart(1024, 5),
    'apart-24': apart(1024, 6),
  },
};

/**
 * Publishes the models into `folder/registry`. Their files lie in the folder, too.
 * @param {string} folder
 * @param {'small' | 'large'} size
 * @param {(name: string) => void} [say]
 */
export async function publishModels(folder, size, say = () => undefined) {
  const publisher = { to: join(folder, 'registry'), keys: await temporaryKeys() };
  mkdirSync(folder, { recursive: true });
  await initRegistry(publisher);
  for (const [name, make] of Object.entries(MODELS[size])) {
    say(name);
    const model = join(folder, `${name}.onnx`);
    const { bytes, data } = make(`${name}.onnx.data`);
    writeFileSync(model, bytes);
    for (const part of data?.() ?? []) appendFileSync(`${model}.data`, part);
    const packed = await pack({ model, name, version: '1.0.0', goldenCount: 1 }, () => undefined);
    await publish(heldRelease(packed), publisher, 'stable');
  }
  return { registry: publisher.to, files: folder, names: Object.keys(MODELS[size]) };
}
