import { expect, test } from 'vitest';
import { classifySource } from './model-source.ts';

const resolve = (url: string): string => `https://app.example/${url.replace(/^\.?\//, '')}`;

test.each(['digits', 'digits@canary', 'digits@^1.2', 'defect-classifier@1.0.0'])('"%s" is a model reference', async (source) => {
  expect(await classifySource(source, resolve)).toEqual({ kind: 'reference', ref: source });
});

test.each(['/models/a.onnx', './digits', 'a.onnx', 'models/digits', 'https://host/model', 'model.ort'])('"%s" is a URL', async (source) => {
  expect(await classifySource(source, resolve)).toMatchObject({ kind: 'url' });
});

test('bytes are copied: the caller’s array stays usable', async () => {
  const bytes = new Uint8Array([1, 2, 3]);
  const source = await classifySource(bytes, resolve);
  if (source.kind !== 'files') throw new Error(`expected files, got ${source.kind}`);
  source.files['model.onnx']!.fill(0);
  expect([...bytes]).toEqual([1, 2, 3]);
});

test('a map of files needs a model among them', async () => {
  const files = new Map([['model.onnx', new Uint8Array(1)], ['weights.bin', new Uint8Array(2)]]);
  expect(await classifySource(files, resolve)).toMatchObject({ kind: 'files', entry: 'model.onnx' });
  await expect(classifySource(new Map([['weights.bin', new Uint8Array(2)]]), resolve)).rejects.toMatchObject({ code: 'INVALID_INPUT', message: expect.stringContaining('weights.bin') as string });
});
