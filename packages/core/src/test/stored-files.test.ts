import { existsSync } from 'node:fs';
import { mkdtemp, open, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { seededRandom } from '@perigee/profile/analysis';
import { wireWrite } from '@perigee/registry';
import type { Manifest } from '@perigee/registry';
import { graphInput, graphOutput, initializer, model, node } from '@perigee/registry/onnx';
import { loadModel } from 'perigee';
import type { Backend, Model, Perigee, Tensors } from 'perigee';
import { expect, onTestFinished, test } from 'vitest';
import { createRegistry, serve } from '../updater/registry.fixture.ts';
import { client } from './published-models.fixture.ts';

const SIZE = 1536;
const PART_BYTES = 1_000_000;
const BACKENDS: readonly Backend[] = ['native', 'wasm'];

const random = seededRandom(5);
const weights = Float32Array.from({ length: SIZE * SIZE }, () => random() - 0.5);
const input = Float32Array.from({ length: SIZE }, () => random() - 0.5);
const feeds: Tensors = { x: { dtype: 'float32', shape: [1, SIZE], data: input } };
const ends = [graphInput('x', 'float32', [1, SIZE]), graphOutput('y', 'float32', [1, SIZE])];
const square = { dtype: 'float32', shape: [SIZE, SIZE] } as const;
const product = node('MatMul', ['x', 'w'], ['y']);

/** y = x · w, of 9 MB. */
const inside = model([product, initializer('w', { ...square, data: weights }), ...ends]);

const { bytesField, concat, packedField, textField, varintField } = wireWrite;

/** External data at a location. */
const plain = (location: string): Uint8Array[] => [textEntry('location', location)];
const textEntry = (key: string, value: string): Uint8Array =>
  bytesField(13, concat([textField(1, key), textField(2, value)]));

/** The same, as readers find it that drop the high bits of a field's number, as protobuf does. */
const withLargeNumber = (location: string): Uint8Array[] => [
  concat([new Uint8Array([0xea, 0x80, 0x80, 0x80, 0x10]), plain(location)[0]!.subarray(1)]),
];

/** The same after many entries of another kind. */
const afterOthers = (location: string): Uint8Array[] => [
  ...Array.from({ length: 16 }, (_, i) => textEntry(`prepacked_${i}`, '0|1;')),
  ...plain(location),
];

/** The same with w in another file. `more` has further fields of the graph. */
function outside(location: string, more: readonly Uint8Array[] = [], external = plain): Uint8Array {
  // TensorProto: dims 1, data_type 2, name 8, external_data 13, data_location 14.
  const tensor = [
    packedField(1, [SIZE, SIZE]),
    varintField(2, 1),
    textField(8, 'w'),
    ...external(location),
    varintField(14, 1),
  ];
  return model([product, bytesField(5, concat(tensor)), ...ends, ...more]);
}

const bytesOf = (array: Float32Array): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

function partsOf(bytes: Uint8Array): Uint8Array[] {
  const count = Math.ceil(bytes.byteLength / PART_BYTES);
  return Array.from({ length: count }, (_, i) =>
    bytes.subarray(i * PART_BYTES, (i + 1) * PART_BYTES),
  );
}

async function answer(of: Model): Promise<unknown> {
  return (await of.run(feeds))['y']?.data;
}

async function answerFromBytes(backend: Backend): Promise<unknown> {
  const bare = await loadModel(new Map([['model.onnx', inside]]), { backend });
  onTestFinished(() => bare.dispose());
  return answer(bare);
}

const tensor = (data: Float32Array) => ({ dtype: 'float32', shape: [1, SIZE], data: [...data] });
const signature = {
  inputs: [{ name: 'x', dtype: 'float32', shape: [1, SIZE] }],
  outputs: [{ name: 'y', dtype: 'float32', shape: [1, SIZE] }],
} as const;

async function contractOf(): Promise<{ signature: Manifest['signature']; golden: object }> {
  const y = (await answerFromBytes('wasm')) as Float32Array;
  const sample = { id: 'one', feeds: { x: tensor(input) }, outputs: { y: tensor(y) } };
  return { signature, golden: { schema: 'perigee-golden/1', samples: [sample] } };
}

async function folderOfDevice(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'perigee-stored-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Stores the model. The second load puts its files together if the first one was not yet done. */
async function store(url: string, folder: string, backend: Backend): Promise<void> {
  for (let load = 0; load < 2; load += 1) {
    const perigee = local(url, folder);
    await perigee.load('digits', { backend });
    await perigee.dispose();
  }
}

const local = (url: string, folder: string): Perigee =>
  client({ registry: url, store: { folder } });

const filesIn = async (folder: string): Promise<string[]> =>
  (await readdir(join(folder, 'files'))).filter((name) => name.length === 64);

test.each(BACKENDS)(
  'a model opened from its file in the store answers what its bytes do: %s',
  async (backend) => {
    const registry = createRegistry();
    await registry.publish({
      version: '1.0.0',
      parts: partsOf(inside),
      contract: await contractOf(),
    });
    const { url, requests } = await serve(registry);
    const folder = await folderOfDevice();
    await store(url, folder, backend);
    requests.length = 0;
    const later = await local(url, folder).load('digits', {
      backend,
      update: 'local',
    });
    expect(await answer(later)).toEqual(await answerFromBytes(backend));
    expect(requests.filter((path) => path.startsWith('blobs/'))).toEqual([]);
    // The file has replaced its chunks; the golden samples are left.
    expect(await filesIn(folder)).toHaveLength(1);
    const loose = await readdir(join(folder, 'objects'), { recursive: true });
    expect(loose.filter((name) => name.length > 64)).toHaveLength(1);
  },
);

test.each(BACKENDS)(
  'a stored model whose weights are no raw bytes answers what its bytes do: %s',
  async (backend) => {
    // TensorProto: float_data 4, in place of raw_data.
    const tensor = [
      packedField(1, [SIZE, SIZE]),
      varintField(2, 1),
      textField(8, 'w'),
      bytesField(4, bytesOf(weights)),
    ];
    const asFloats = model([product, bytesField(5, concat(tensor)), ...ends]);
    const registry = createRegistry();
    await registry.publish({
      version: '1.0.0',
      parts: partsOf(asFloats),
      contract: await contractOf(),
    });
    const { url } = await serve(registry);
    const folder = await folderOfDevice();
    await store(url, folder, backend);
    const later = await local(url, folder).load('digits', { backend, update: 'local' });
    expect(await answer(later)).toEqual(await answerFromBytes(backend));
  },
);

test.each(BACKENDS)('weights beside the model are found under its names: %s', async (backend) => {
  const registry = createRegistry();
  await registry.publish({
    version: '1.0.0',
    entry: 'net/model.onnx',
    parts: [outside('./data/w.bin')],
    beside: { 'net/data/w.bin': partsOf(bytesOf(weights)) },
    contract: await contractOf(),
  });
  const { url } = await serve(registry);
  const folder = await folderOfDevice();
  await store(url, folder, backend);
  const later = await local(url, folder).load('digits', { backend, update: 'local' });
  expect(await answer(later)).toEqual(await answerFromBytes(backend));
  expect(await filesIn(folder)).toHaveLength(2);
});

test.each<{ backend: Backend; external: typeof plain }>([
  { backend: 'wasm', external: plain },
  ...[plain, withLargeNumber, afterOthers].map((external) => ({
    backend: 'native' as const,
    external,
  })),
])(
  'a model that names the file of another model in the store does not reach it: $backend, $external.name',
  async ({ backend, external }) => {
    const registry = createRegistry();
    const contract = await contractOf();
    const other = await registry.publish({
      name: 'other',
      version: '1.0.0',
      parts: [outside('w.bin')],
      beside: { 'w.bin': partsOf(bytesOf(weights)) },
      contract,
    });
    const stolen = other.variants[0]!.files[1]!.sha256;
    // The second weight makes the model one that can be opened in parts.
    const more = [initializer('v', { ...square, data: weights })];
    await registry.publish({
      version: '1.0.0',
      parts: partsOf(outside(stolen, more, external)),
      contract,
    });
    const { url } = await serve(registry);
    const folder = await folderOfDevice();
    const perigee = local(url, folder);
    await perigee.load('other', { backend });
    const refused =
      external === withLargeNumber
        ? { name: 'PerigeeError' }
        : { code: 'WRONG_CONTENT', details: { missing: [stolen] } };
    await expect(perigee.load('digits', { backend })).rejects.toMatchObject(refused);
    await perigee.dispose();
    expect(await filesIn(folder)).toContain(stolen);
    await expect(local(url, folder).load('digits', { backend })).rejects.toMatchObject(refused);
  },
);

test.each(BACKENDS)(
  'a damaged file is refused, and only its damaged part is fetched again: %s',
  async (backend) => {
    const registry = createRegistry();
    const manifest = await registry.publish({
      version: '1.0.0',
      parts: partsOf(inside),
      contract: await contractOf(),
    });
    const { url, requests } = await serve(registry);
    const folder = await folderOfDevice();
    await store(url, folder, backend);
    const [name] = await filesIn(folder);
    const file = await open(join(folder, 'files', name!), 'r+');
    await file.write(new Uint8Array([1, 2, 3, 4]), 0, 4, 3 * PART_BYTES + 5);
    await file.close();
    const again = local(url, folder);
    expect(await again.storage.verify()).toMatchObject([{ name: 'digits', version: '1.0.0' }]);
    await again.dispose();
    requests.length = 0;
    const last = local(url, folder);
    const healed = await last.load('digits', { backend });
    expect(await answer(healed)).toEqual(await answerFromBytes(backend));
    const { sha256 } = manifest.variants[0]!.chunks[3]!;
    expect(requests.filter((path) => path.startsWith('blobs/'))).toEqual([
      expect.stringContaining(sha256),
    ]);
    expect(await last.storage.verify()).toEqual([]);
  },
);

test.each(BACKENDS)(
  'a model answers on while its file is deleted from the store: %s',
  async (backend) => {
    const registry = createRegistry();
    await registry.publish({
      version: '1.0.0',
      parts: partsOf(inside),
      contract: await contractOf(),
    });
    const { url } = await serve(registry);
    const folder = await folderOfDevice();
    await store(url, folder, backend);
    const opened = await local(url, folder).load('digits', {
      backend,
      update: 'local',
    });
    const before = await answer(opened);
    const [name] = await filesIn(folder);
    const other = local(url, folder);
    await other.storage.remove('digits');
    expect(existsSync(join(folder, 'files', name!))).toBe(false);
    expect(await answer(opened)).toEqual(before);
  },
);

test.each(BACKENDS)('a large local file answers what its bytes do: %s', async (backend) => {
  const folder = await folderOfDevice();
  await writeFile(join(folder, 'a model.onnx'), inside);
  await writeFile(join(folder, 'outside.onnx'), outside('w.bin'));
  await writeFile(join(folder, 'w.bin'), weights);
  for (const name of ['a model.onnx', 'outside.onnx']) {
    const opened = await loadModel(pathToFileURL(join(folder, name)), { backend });
    onTestFinished(() => opened.dispose());
    expect(await answer(opened)).toEqual(await answerFromBytes(backend));
  }
});
