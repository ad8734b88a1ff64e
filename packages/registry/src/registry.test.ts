import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { beforeAll, expect, test } from 'vitest';
import {
  assembleFile, buildMetadata, cutOnnxFile, decodeChunk, encodeChunk, formatModelRef, gunzip, layout, newestInRange, parseGolden, parseJson, parseManifest, parseModelRef, refreshMetadata, RegistryError, resolveVersion, sha256Hex, walkOnnx,
} from './index.ts';
import type { Chunk, ModelFile, Sha256 } from './index.ts';

const MODELS = fileURLToPath(new URL('../../../models', import.meta.url));
const encode = (value: unknown): Uint8Array => new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));
const DIGEST = 'a'.repeat(64);

let digits = new Uint8Array();
beforeAll(async () => {
  digits = new Uint8Array(await readFile(`${MODELS}/digits/versions/1.0.0/model.onnx`));
});

interface LooseManifest {
  [field: string]: unknown;
  variants: { entry: string; files: { path: string; sizeBytes: number; chunks: number[] }[]; chunks: { sizeBytes: number; encoding: string; wireBytes: number }[] }[];
}

function manifest(change: (copy: LooseManifest) => void = () => undefined): Uint8Array {
  const copy = {
    schema: 'perigee-model/1',
    name: 'digits',
    version: '1.0.0',
    future: { unknown: true },
    signature: { inputs: [{ name: 'image', dtype: 'float32', shape: ['batch', 1, 8, null] }], outputs: [{ name: 'logits', dtype: 'float32', shape: ['batch', 10] }] },
    variants: [{ id: 'fp32', engine: 'onnx', dtype: 'float32', entry: 'model.onnx', files: [{ path: 'model.onnx', sizeBytes: 30, sha256: DIGEST, chunks: [0, 1, 0] }], chunks: [{ sha256: DIGEST, sizeBytes: 10, encoding: 'identity', wireBytes: 10 }, { sha256: DIGEST, sizeBytes: 10, encoding: 'gzip', wireBytes: 7 }] }],
  };
  change(copy as unknown as LooseManifest);
  return encode(copy);
}

test('a manifest is read, unknown fields are allowed', () => {
  expect(parseManifest(manifest())).toMatchObject({ name: 'digits', signature: { inputs: [{ shape: ['batch', 1, 8, null] }] } });
});

test.each([
  ['the wrong schema', (m: LooseManifest) => (m['schema'] = 'perigee-model/9'), 'schema: expected "perigee-model/1", got "perigee-model/9"'],
  ['a version that is none', (m: LooseManifest) => (m['version'] = '1.0'), 'version: expected a semantic version'],
  ['a name in capitals', (m: LooseManifest) => (m['name'] = 'Digits'), 'name: expected a model name'],
  ['a path that leaves its folder', (m: LooseManifest) => (m.variants[0]!.files[0]!.path = m.variants[0]!.entry = '../../etc/passwd'), 'variants[0].files[0].path: expected a relative path'],
  ['an absolute path', (m: LooseManifest) => (m.variants[0]!.files[0]!.path = m.variants[0]!.entry = '/model.onnx'), 'variants[0].files[0].path'],
  ['a path with a backslash', (m: LooseManifest) => (m.variants[0]!.files[0]!.path = m.variants[0]!.entry = 'a\\b'), 'variants[0].files[0].path'],
  ['an absurd chunk', (m: LooseManifest) => (m.variants[0]!.chunks[0]!.sizeBytes = 1e12), 'variants[0].chunks[0].sizeBytes: expected a whole number from 0 to 4194304'],
  ['a size that is not the sum of its chunks', (m: LooseManifest) => (m.variants[0]!.files[0]!.sizeBytes = 31), 'variants[0].files[0].sizeBytes: expected 30, the sum of its chunks, got 31'],
  ['a chunk that is not there', (m: LooseManifest) => (m.variants[0]!.files[0]!.chunks = [0, 1, 2]), 'variants[0].files[0].chunks[2]: expected a whole number from 0 to 1, got 2'],
  ['an encoding nobody knows', (m: LooseManifest) => (m.variants[0]!.chunks[1]!.encoding = 'zip'), 'expected "identity" or "gzip", got "zip"'],
  ['a gzip bomb’s declaration', (m: LooseManifest) => (m.variants[0]!.chunks[1]!.wireBytes = 1e9), 'variants[0].chunks[1].wireBytes'],
  ['an entry that is no file', (m: LooseManifest) => (m.variants[0]!.entry = 'other.onnx'), 'variants[0].entry: expected the path of one of the variant'],
  ['no variant', (m: LooseManifest) => (m.variants = []), 'variants: expected at least one variant'],
  ['a wrong type', (m: LooseManifest) => (m['description'] = 7), 'description: expected text, got 7'],
  ['an unknown step', (m: LooseManifest) => (m['pipeline'] = { preprocess: [{ op: 'image' }, { op: 'eval' }], postprocess: [] }), 'pipeline.preprocess[1].op: expected'],
  ['a huge resize', (m: LooseManifest) => (m['pipeline'] = { preprocess: [{ op: 'image' }, { op: 'resize', width: 1e6, height: 8, method: 'area' }], postprocess: [] }), 'pipeline.preprocess[1].width'],
])('a manifest with %s is refused with its path', (_what, change, message) => {
  expect(() => parseManifest(manifest(change))).toThrow(RegistryError);
  expect(() => parseManifest(manifest(change))).toThrow(message);
});

test.each([
  ['__proto__', '{"__proto__": {"polluted": 1}}', 'key "__proto__" is not allowed'],
  ['an escaped __proto__', '{"\\u005f_proto__": 1}', 'key "__proto__" is not allowed'],
  ['a key twice', '{"a": 1, "b": {"a": 2}, "a": 3}', 'stands twice'],
  ['depth', '['.repeat(100_000), 'nested deeper'],
  ['broken JSON', '{"a": ', 'is not JSON'],
  ['an unfinished string', '{"a', 'is not JSON'],
])('hostile JSON is refused: %s', (_what, text, message) => {
  expect(() => parseJson(encode(text), 'document')).toThrow(message);
  expect(({} as { polluted?: number }).polluted).toBeUndefined();
});

test('bytes that are not UTF-8, and documents over their limit, are refused', () => {
  expect(() => parseJson(new Uint8Array([0x22, 0xff, 0x22]), 'document')).toThrow('not UTF-8');
  expect(() => parseJson(new Uint8Array(100), 'document', 10)).toThrow('at most 10');
});

test('golden samples must have as many values as their shape', () => {
  const golden = (data: number[]) => encode({ schema: 'perigee-golden/1', samples: [{ id: 'a', feeds: { x: { dtype: 'float32', shape: [1, 2], data } }, outputs: {} }] });
  expect(parseGolden(golden([1, 2])).samples[0]?.feeds['x']?.data).toEqual([1, 2]);
  expect(() => parseGolden(golden([1]))).toThrow('samples[0].feeds.x.data: expected 2 values for shape [1, 2]');
});

test('a real ONNX file is walked: inputs, outputs, operators, opset, tensors', () => {
  const model = walkOnnx(digits);
  expect(model.inputs).toEqual([{ name: 'image', dtype: 'float32', shape: ['batch', 1, 8, 8] }]);
  expect(model.outputs).toEqual([{ name: 'logits', dtype: 'float32', shape: ['batch', 10] }]);
  expect(model.opsets).toEqual({ '': 13 });
  expect(model.operators['Conv']).toBe(3);
  expect(model.tensors).toHaveLength(8);
});

test('chunks cover a file without gap, and assemble to it byte for byte', async () => {
  const cuts = cutOnnxFile(digits);
  expect(cuts[0]?.start).toBe(0);
  expect(cuts.at(-1)?.end).toBe(digits.length);
  for (let i = 1; i < cuts.length; i += 1) expect(cuts[i]!.start).toBe(cuts[i - 1]!.end);
  const parts = cuts.map(({ start, end }) => digits.subarray(start, end));
  const chunks: Chunk[] = await Promise.all(parts.map(async (part) => ({ sha256: await sha256Hex(part), sizeBytes: part.length, encoding: 'identity' as const, wireBytes: part.length })));
  const file: ModelFile = { path: 'model.onnx', sizeBytes: digits.length, sha256: await sha256Hex(digits), chunks: chunks.map((_, i) => i) };
  expect(Buffer.compare(await assembleFile(file, chunks, async (chunk) => parts[chunks.indexOf(chunk)]), digits)).toBe(0);
  await expect(assembleFile(file, chunks, async (chunk) => (chunk === chunks[1] ? undefined : parts[chunks.indexOf(chunk)]))).rejects.toMatchObject({ code: 'INTEGRITY' });
});

test('renaming what is in the graph leaves the chunks of the tensors as they were', async () => {
  const renamed = digits.slice();
  // The producer's name, "pytorch", stands before every tensor: same length, other bytes.
  const at = Buffer.from(renamed).indexOf('pytorch');
  expect(at).toBeGreaterThan(0);
  renamed.set(encode('PYTORCH'), at);
  const digests = async (file: Uint8Array) => new Map(await Promise.all(cutOnnxFile(file).map(async ({ start, end }) => [await sha256Hex(file.subarray(start, end)), end - start] as const)));
  const before = await digests(digits);
  const shared = [...(await digests(renamed))].filter(([digest]) => before.has(digest)).reduce((sum, [, size]) => sum + size, 0);
  expect(shared / digits.length).toBeGreaterThan(0.9);
});

test('damaged ONNX files give a RegistryError or a model, in bounded time, never anything else', () => {
  let state = 1;
  const next = (): number => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
  for (let run = 0; run < 2_000; run += 1) {
    const damaged = digits.slice(0, run % 3 === 0 ? Math.floor(next() * digits.length) : digits.length);
    for (let flips = 0; flips < 1 + (run % 5); flips += 1) if (damaged.length > 0) damaged[Math.floor(next() * Math.min(damaged.length, 2_000))]! ^= 1 << Math.floor(next() * 8);
    try {
      walkOnnx(damaged);
    } catch (error) {
      expect(error).toBeInstanceOf(RegistryError);
    }
  }
  expect(() => walkOnnx(encode('<!doctype html><html></html>'))).toThrow(RegistryError);
  expect(() => walkOnnx(new Uint8Array())).toThrow(/not an ONNX model/);
});

test('a chunk is gzipped where that pays, and comes back only with its own bytes', async () => {
  const zeros = new Uint8Array(10_000);
  const { encoding, wire } = await encodeChunk(zeros);
  expect(encoding).toBe('gzip');
  const chunk = { sha256: await sha256Hex(zeros), sizeBytes: 10_000, encoding } as const;
  expect(await decodeChunk(chunk, wire)).toEqual(zeros);
  // A host that sends Content-Encoding has had it inflated on the way.
  expect(await decodeChunk(chunk, zeros)).toEqual(zeros);
  const random = crypto.getRandomValues(new Uint8Array(5_000));
  expect((await encodeChunk(random)).encoding).toBe('identity');
  for (let i = 0; i < wire.length; i += 1) {
    const flipped = wire.slice();
    flipped[i]! ^= 4;
    await decodeChunk(chunk, flipped).then((bytes) => expect(bytes).toEqual(zeros), (error: unknown) => expect(error).toMatchObject({ code: 'INTEGRITY' }));
  }
});

test('a gzip bomb is given up at the size it may have', async () => {
  await expect(gunzip(gzipSync(new Uint8Array(50_000_000)), 1_000, 'the bomb')).rejects.toMatchObject({ code: 'WRONG_CONTENT' });
});

test.each([
  ['digits', 'digits@stable'], ['digits@canary', 'digits@canary'], ['digits@^1.2', 'digits@^1.2'], ['a-b.c_1@1.0.0', 'a-b.c_1@1.0.0'], ['digits@>=1.0.0 <2', 'digits@>=1.0.0 <2'],
])('the reference %s is %s', (text, canonical) => {
  expect(formatModelRef(parseModelRef(text))).toBe(canonical);
});

test.each(['', '@stable', 'Digits', 'a/b', '../x', 'digits@', 'digits@<script>', 'x'.repeat(65)])('"%s" is no reference', (text) => {
  expect(() => parseModelRef(text)).toThrow(RegistryError);
});

test('a range takes the newest that fits; pre-releases only when it names one', () => {
  const versions = ['1.2.0', '1.10.0', '2.0.0', '2.1.0-rc.1'];
  expect(newestInRange(versions, '^1.2')).toBe('1.10.0');
  expect(newestInRange(versions, '*')).toBe('2.0.0');
  expect(newestInRange(versions, '^2.1.0-rc.0')).toBe('2.1.0-rc.1');
  expect(newestInRange(versions, '^3')).toBeUndefined();
  expect(() => newestInRange(versions, 'latest-1')).toThrow(RegistryError);
});

test('metadata is followed from its timestamp, every file by length and digest', async () => {
  const path = layout.manifestTarget('digits', '1.0.0', DIGEST as Sha256);
  const state = { version: 4, targets: { [path]: { length: 10, sha256: DIGEST } }, channels: {} };
  const written = await buildMetadata(state);
  expect(written.at(-1)?.path).toBe(layout.timestamp);
  const files = new Map(written.map(({ path: at, bytes }) => [at, bytes]));
  const fetch = async (at: string): Promise<Uint8Array> => files.get(at) ?? Promise.reject(new Error(`no ${at}`));
  expect(await refreshMetadata(fetch)).toEqual({ ...state, version: 5 });
  const ref = parseModelRef('digits@^1');
  expect(resolveVersion(await refreshMetadata(fetch), null, ref)).toMatchObject({ version: '1.0.0', reason: expect.stringContaining('newest') as string });
  for (const [at, bytes] of files) {
    if (at === layout.timestamp) continue;
    const changed = bytes.slice();
    changed[20]! ^= 1;
    files.set(at, changed);
    await expect(refreshMetadata(fetch)).rejects.toMatchObject({ code: 'INTEGRITY' });
    files.set(at, bytes);
  }
});
