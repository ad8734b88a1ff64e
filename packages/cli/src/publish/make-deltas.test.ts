import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  decodeChunk,
  decodeDelta,
  layout,
  listVersions,
  parseDeltaIndex,
  parseManifest,
  sha256Hex,
  walkOnnx,
} from '@perigee/registry';
import type { Chunk, Sha256 } from '@perigee/registry';
import { seededRandom } from '@perigee/profile/analysis';
import { initializer, model } from '@perigee/registry/onnx';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { temporaryKeys } from '../keys/keys.ts';
import type { Keys } from '../keys/keys.ts';
import { cutFiles } from '../pack/variants/cut-files.ts';
import { openFolder } from './folder.ts';
import { publish } from './publish.ts';
import { initRegistry, readRegistry } from './registry.ts';
import { heldRelease } from './release-folder.ts';

let folder = '';
let keys: Keys;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perigee-deltas-'));
  keys = await temporaryKeys();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

type Tensors = Readonly<Record<string, Int8Array | Float32Array>>;

const random = seededRandom(3);
const int8 = (size: number): Int8Array =>
  Int8Array.from({ length: size }, () => Math.floor(random() * 256) - 128);
const float32 = (size: number): Float32Array =>
  Float32Array.from({ length: size }, () => random() - 0.5);
/** Changes one in `every` values a little. */
const nudged = <T extends Int8Array | Float32Array>(values: T, every: number): T =>
  values.map((value, i) =>
    i % every === 0 ? value + (values instanceof Int8Array ? 1 : 1e-7) : value,
  ) as T;

/** An ONNX file with only these initializers. */
function onnxOf(tensors: Tensors): Uint8Array {
  return model(
    Object.entries(tensors).map(([name, data]) => {
      const dtype = data instanceof Int8Array ? 'int8' : 'float32';
      return initializer(name, { dtype, shape: [data.length], data });
    }),
  );
}

async function registry() {
  const to = await mkdtemp(join(folder, 'registry-'));
  await initRegistry({ to, keys });
  return {
    to,
    async publish(version: string, tensors: Tensors) {
      const bytes = onnxOf(tensors);
      const { files, chunks, objects } = await cutFiles({
        entry: 'model.onnx',
        files: new Map([['model.onnx', bytes]]),
        onnx: walkOnnx(bytes),
      });
      const io = [{ name: 'x', dtype: 'float32', shape: [1] }];
      const manifestBytes = new TextEncoder().encode(
        JSON.stringify({
          schema: 'perigee-model/1',
          name: 'net',
          version,
          signature: { inputs: io, outputs: io },
          variants: [
            { id: 'main', engine: 'onnx', dtype: 'int8', entry: 'model.onnx', files, chunks },
          ],
        }),
      );
      const release = heldRelease({
        manifest: parseManifest(manifestBytes),
        manifestBytes,
        objects,
      });
      const { deltas } = await publish(release, { to, keys }, 'stable');
      return { deltas, chunks, index: layout.deltaIndex(await sha256Hex(manifestBytes)) };
    },
    async read(path: string) {
      const bytes = await openFolder(to).read(path);
      if (!bytes) throw new Error(`${path} is missing`);
      return bytes;
    },
  };
}

const chunk = async (
  host: Awaited<ReturnType<typeof registry>>,
  list: readonly Chunk[],
  sha256: Sha256,
): Promise<Uint8Array> => {
  const found = list.find((one) => one.sha256 === sha256)!;
  return decodeChunk(found, await host.read(layout.blob(sha256, found.encoding)));
};

test('a changed tensor gets a way from each of the last three versions, and each leads to it', async () => {
  const host = await registry();
  const weights = [int8(20_000)];
  for (let i = 1; i < 5; i += 1) weights.push(nudged(weights[i - 1]!, 10 + i));
  const releases = [];
  for (const [i, w] of weights.entries())
    releases.push(await host.publish(`1.${i}.0`, { w, kept: new Int8Array(9_000).fill(7) }));
  const last = releases[4]!;
  expect(releases.map(({ deltas }) => deltas.count)).toEqual([0, 1, 2, 3, 3]);
  const index = parseDeltaIndex(await host.read(last.index));
  const to = await sha256Hex(new Uint8Array(weights[4]!.buffer));
  expect([...index.keys()]).toEqual([to]);
  const bases = index.get(to)!;
  expect([...bases.keys()]).toEqual(
    await Promise.all([3, 2, 1].map((i) => sha256Hex(new Uint8Array(weights[i]!.buffer)))),
  );
  for (const [i, [base, wireBytes]] of [...bases].entries()) {
    const delta = await host.read(layout.delta(to, base));
    expect(delta).toHaveLength(wireBytes);
    expect(
      await sha256Hex(await decodeDelta(await chunk(host, releases[3 - i]!.chunks, base), delta)),
    ).toBe(to);
  }
  const { wireBytes } = last.chunks.find(({ sha256 }) => sha256 === to)!;
  expect(last.deltas).toEqual({
    count: 3,
    bytes: [...bases.values()].reduce((a, b) => a + b),
    savedBytes: wireBytes - [...bases.values()][0]!,
  });
});

test('no delta is made of unchanged tensors, of other lengths or types, or where it saves little', async () => {
  const host = await registry();
  const [same, noisy, longer, typed, halved] = [
    int8(8_000),
    int8(8_000),
    int8(8_000),
    int8(8_000),
    int8(8_000),
  ];
  await host.publish('1.0.0', { same, noisy, longer, typed, halved });
  const { deltas, index } = await host.publish('1.1.0', {
    same,
    noisy: int8(8_000),
    longer: int8(9_000),
    typed: float32(2_000),
    halved: Int8Array.from(halved, (value) => (random() < 0.5 ? value : value + 1)),
  });
  expect(deltas).toMatchObject({ count: 1 });
  const [[to, bases]] = [...parseDeltaIndex(await host.read(index))] as [
    [Sha256, Map<Sha256, number>],
  ];
  expect([...bases.keys()]).toEqual([await sha256Hex(new Uint8Array(halved.buffer))]);
  expect(await readdir(join(host.to, 'deltas'))).toEqual(expect.arrayContaining([to]));
  // Tensors before it of other lengths move it in the file, and it is still found by its name.
  const moved = await host.publish('1.2.0', { before: int8(5_000), halved: nudged(halved, 11) });
  expect(moved.deltas.count).toBe(2);
});

test('float weights are taken as integers of their width', async () => {
  const host = await registry();
  const weights = float32(20_000);
  await host.publish('1.0.0', { weights });
  const { deltas, chunks } = await host.publish('1.0.1', { weights: nudged(weights, 1) });
  expect(deltas.count).toBe(1);
  expect(deltas.bytes).toBeLessThan(0.6 * Math.max(...chunks.map(({ wireBytes }) => wireBytes)));
});

test.each(['damaged', 'missing'])(
  'an older version with a %s chunk holds up no new one, and gets no wrong way to it',
  async (how) => {
    const host = await registry();
    const weights = int8(20_000);
    const first = await host.publish('1.0.0', { weights });
    const [large] = first.chunks.filter(({ sizeBytes }) => sizeBytes === 20_000);
    const path = join(host.to, layout.blob(large!.sha256, large!.encoding));
    await (how === 'missing' ? rm(path) : writeFile(path, 'not what it was'));
    expect((await host.publish('1.1.0', { weights: nudged(weights, 9) })).deltas).toEqual({
      count: 0,
      bytes: 0,
      savedBytes: 0,
    });
    expect([...listVersions((await readRegistry(host.to)).state, 'net').keys()]).toEqual([
      '1.0.0',
      '1.1.0',
    ]);
  },
);

test('a tensor that many others became gets no more ways than a device accepts', async () => {
  const host = await registry();
  const bases = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`w${i}`, int8(4_096)]));
  await host.publish('1.0.0', bases);
  const zeros = new Int8Array(4_096);
  // Incompressible data, so that deltas are this small only if the bases resemble it: all are
  // variations of one tensor.
  const target = nudged(bases['w0']!, 13);
  await host.publish(
    '1.1.0',
    Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`w${i}`, nudged(target, 50 + i)])),
  );
  const { index } = await host.publish('1.2.0', {
    ...Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`w${i}`, target])),
    zeros,
  });
  const ways = parseDeltaIndex(await host.read(index));
  expect([...ways.values()].map(({ size }) => size)).toEqual([16]);
});
