import { loadModel } from 'perigee';
import { expect, test } from 'vitest';
import { classifySource } from './model-source.ts';

const resolve = (url: string): string => `https://app.example/${url.replace(/^\.?\//, '')}`;

test.each(['digits', 'digits@canary', 'digits@^1.2', 'defect-classifier@1.0.0'])(
  '"%s" is a model reference',
  (source) => {
    expect(classifySource(source, resolve)).toEqual({ kind: 'reference', ref: source });
  },
);

test.each([
  '/models/a.onnx',
  './digits',
  'a.onnx',
  'models/digits',
  'https://host/model',
  'model.ort',
])('"%s" is a URL', (source) => {
  expect(classifySource(source, resolve)).toMatchObject({ kind: 'url' });
});

test('bytes are copied: the caller may write to its array later, without effect', async () => {
  const bytes = new Uint8Array([1, 2, 3]);
  const source = classifySource(bytes, resolve);
  bytes.fill(0);
  if (source.kind !== 'files') throw new Error(`expected files, got ${source.kind}`);
  expect([...new Uint8Array(await source.files['model.onnx']!.arrayBuffer())]).toEqual([1, 2, 3]);
});

test('files keep their names; those of a folder their paths in it', () => {
  const files = [
    new File(['{}'], 'model.json'),
    Object.defineProperty(new File(['x'], 'shard.bin'), 'webkitRelativePath', {
      value: 'net/weights/shard.bin',
    }),
  ];
  expect(classifySource(files, resolve)).toMatchObject({
    kind: 'files',
    files: { 'model.json': {}, 'weights/shard.bin': {} },
  });
  expect(classifySource(files[0]!, resolve)).toMatchObject({ files: { 'model.json': {} } });
});

test.each([
  [null, 'null'],
  [7, 'number'],
  [new Map([['model.onnx', 'text']]), 'string'],
  [[null], 'null'],
  [{}, 'object'],
])('%s is refused', async (source, got) => {
  await expect(loadModel(source as never)).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    message: expect.stringContaining(`got ${got}.`) as string,
  });
});

test.each(['http://[::1', 'https://exa mple.com/a.onnx', 'https://', 'http://x:99999/a.onnx'])(
  'an error about the address "%s" names it',
  async (address) => {
    await expect(loadModel(address)).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining(`"${address}" is not a URL`) as string,
    });
  },
);

test.each(['array', 'buffer', 'file of a Map'])(
  'bytes whose memory is gone are refused (%s)',
  async (as) => {
    const bytes = new Uint8Array(8);
    const { buffer } = bytes;
    structuredClone(buffer, { transfer: [buffer] });
    const source = as === 'array' ? bytes : as === 'buffer' ? buffer : new Map([['a.onnx', bytes]]);
    await expect(loadModel(source)).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining('memory of the bytes') as string,
    });
  },
);
