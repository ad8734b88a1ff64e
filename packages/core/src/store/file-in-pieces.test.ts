import { graphInput, graphOutput, initializer, model, node } from '@perigee/registry/onnx';
import { expect, test } from 'vitest';
import type { SessionOptions } from '../engines/engine.ts';
import { onnxEngine } from '../engines/onnx/engine.ts';
import { fileInPieces } from './file-in-pieces.ts';
import { cut } from './in-pieces.fixture.ts';

const numbers = (length: number): Uint8Array<ArrayBuffer> =>
  Uint8Array.from({ length }, (_, i) => (i * 7) % 251);

test('bytes are read from one chunk and across chunks', async () => {
  const bytes = numbers(1000);
  const { file, chunks, blob } = await cut(bytes, 300);
  const opened = await fileInPieces(blob, file, chunks);
  for (const [start, end] of [
    [0, 300],
    [10, 20],
    [290, 910],
    [0, 1000],
  ] as const) {
    expect(opened.read(start, end)).toEqual(bytes.subarray(start, end));
  }
  opened.close();
});

test('bytes that were taken are freed, and are there again after a restore', async () => {
  const bytes = numbers(1000);
  const { file, chunks, blob } = await cut(bytes, 300);
  const opened = await fileInPieces(blob, file, chunks);
  const one = opened.take!(300, 600);
  expect(one).toEqual(bytes.subarray(300, 600));
  const end = opened.take!(600, 1000);
  expect(end).toEqual(bytes.subarray(600, 1000));
  expect(one.byteLength).toBe(0);
  expect(() => opened.read(299, 301)).toThrow('taken already');
  // A part of a chunk leaves the rest of it.
  expect(opened.take!(0, 100)).toEqual(bytes.subarray(0, 100));
  expect(opened.read(100, 300)).toEqual(bytes.subarray(100, 300));
  await opened.restore!();
  expect(opened.read(0, 1000)).toEqual(bytes);
  opened.close();
});

test('a changed byte and a wrong length are refused', async () => {
  const bytes = numbers(1000);
  const { file, chunks, blob } = await cut(bytes, 300);
  const changed = bytes.slice();
  changed[700] = 1 + bytes[700]!;
  for (const damaged of [new Blob([changed]), blob.slice(0, 999), new Blob([blob, bytes])])
    await expect(fileInPieces(damaged, file, chunks)).rejects.toMatchObject({ code: 'INTEGRITY' });
});

test('bytes that are damaged when they are read again are not given out', async () => {
  const bytes = numbers(1000);
  const changed = bytes.slice();
  changed[700] = 1 + bytes[700]!;
  const { file, chunks } = await cut(bytes, 300);
  let stored = bytes;
  const slice = (start: number, end: number): Blob => new Blob([stored.slice(start, end)]);
  const blob = { size: 1000, slice } as unknown as Blob;
  const opened = await fileInPieces(blob, file, chunks);
  opened.take!(0, 1000);
  stored = changed;
  for (let i = 0; i < 2; i += 1) {
    await expect(opened.restore!()).rejects.toMatchObject({ code: 'INTEGRITY' });
    expect(() => opened.read(600, 900)).toThrow('taken already');
  }
  expect(opened.read(0, 600)).toEqual(bytes.subarray(0, 600));
  stored = bytes;
  await opened.restore!();
  expect(opened.read(0, 1000)).toEqual(bytes);
  opened.close();
});

test('a Blob that the browser cannot read is a fault of the store', async () => {
  const { file, chunks } = await cut(numbers(1000), 300);
  const lost = { arrayBuffer: () => Promise.reject(new DOMException('gone', 'NotReadableError')) };
  const blob = { size: 1000, slice: () => lost } as unknown as Blob;
  await expect(fileInPieces(blob, file, chunks)).rejects.toMatchObject({
    code: 'STORAGE',
    message: 'Reading a model file failed: gone',
  });
});

const WASM: SessionOptions = {
  backend: 'wasm',
  threads: 1,
  files: {},
  wasmUrl: null,
  optimized: false,
};

test('a model that is taken tensor by tensor gives the same numbers, also at a second opening', async () => {
  const side = 256;
  const weights = Float32Array.from({ length: side * side }, (_, i) => Math.sin(i));
  const bytes = model([
    node('MatMul', ['x', 'w'], ['h']),
    node('MatMul', ['h', 'v'], ['y']),
    initializer('w', { dtype: 'float32', shape: [side, side], data: weights }),
    initializer('v', { dtype: 'float32', shape: [side, side], data: weights.toReversed() }),
    graphInput('x', 'float32', [1, side]),
    graphOutput('y', 'float32', [1, side]),
  ]) as Uint8Array<ArrayBuffer>;
  const { file, chunks, blob } = await cut(bytes, 100_000);
  const opened = await fileInPieces(blob, file, chunks);
  const feeds = {
    x: { dtype: 'float32' as const, shape: [1, side], data: weights.slice(0, side) },
  };
  const answer = async (files: Parameters<typeof onnxEngine.create>[0]) => {
    const session = await onnxEngine.create(files, WASM);
    const { y } = await session.run(feeds);
    await session.dispose();
    return y?.data;
  };
  const whole = await answer({ entry: file.path, files: { [file.path]: bytes } });
  const inPieces = { entry: file.path, files: {}, onDisk: { [file.path]: opened } };
  expect(await answer(inPieces)).toEqual(whole);
  expect(() => opened.read(0, bytes.byteLength)).toThrow('taken already');
  expect(await answer(inPieces)).toEqual(whole);
  opened.close();
});
