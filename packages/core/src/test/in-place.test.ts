import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { graphInput, graphOutput, initializer, model, node } from '@perigee/registry/onnx';
import { loadModel } from 'perigee';
import type {
  LoadModelOptions,
  Model,
  ModelSource,
  PredictOptions,
  Tensor,
  Tensors,
} from 'perigee';
import { expect, onTestFinished, test, vi } from 'vitest';
import { Random } from '../../../../scripts/fuzz/random.mjs';
import { inputOf, weights } from './slow-model.fixture.ts';
import { watchThreads } from './threads.fixture.ts';

const MODELS = new URL('../../../../e2e/models/', import.meta.url);
const CASES = fileURLToPath(new URL('../../../../e2e/cases/models/', import.meta.url));
const TWO_LAYERS = fileURLToPath(new URL('two-layers.onnx', MODELS));
const INPUT = Float32Array.from({ length: 64 }, (_, i) => i / 64);

async function load(source: ModelSource, options: LoadModelOptions = {}): Promise<Model> {
  const loaded = await loadModel(source, options);
  onTestFinished(() => loaded.dispose());
  return loaded;
}

/** The same model in a worker: several workers are never in place. */
const inWorker = (source: ModelSource): Promise<Model> => load(source, { workers: 2 });

const VALUES = {
  float32: (length: number) => Float32Array.from({ length }, (_, i) => Math.sin(i + 1)),
  float64: (length: number) => Float64Array.from({ length }, (_, i) => Math.sin(i + 1)),
  int32: (length: number) => Int32Array.from({ length }, (_, i) => i % 2),
  int64: (length: number) => BigInt64Array.from({ length }, (_, i) => BigInt(i % 2)),
  uint8: (length: number) => Uint8Array.from({ length }, (_, i) => i % 2),
  bool: (length: number) => Uint8Array.from({ length }, (_, i) => i % 2),
} as const;

/** An input for each input of the model, with 2 rows and 3 of each other free size. */
function feedsOf({ signature }: Model): Tensors | null {
  const feeds: Record<string, Tensor> = {};
  for (const { name, dtype, shape } of signature.inputs) {
    const make = VALUES[dtype as keyof typeof VALUES];
    if (!make) return null;
    const sizes = shape.map((size, axis) => (typeof size === 'number' ? size : axis === 0 ? 2 : 3));
    const length = sizes.reduce((product, size) => product * size, 1);
    feeds[name] = { dtype, shape: sizes, data: make(length) } as Tensor;
  }
  return feeds;
}

async function outcomeOf(loaded: Model, feeds: Tensors): Promise<unknown> {
  try {
    const found = await loaded.predict(feeds);
    const { outputs, output } = found;
    return { outputs, output, fields: Object.keys(found).sort(), run: await loaded.run(feeds) };
  } catch (error) {
    const { code, message, details } = error as Error & { code: string; details: unknown };
    return { code, message, details };
  }
}

test('small models answer in place, bit for bit as in a worker', async () => {
  const names = (await readdir(CASES, { recursive: true })).filter((name) =>
    name.endsWith('.onnx'),
  );
  const compared: string[] = [];
  for (const name of names) {
    const bytes = new Uint8Array(await readFile(join(CASES, name)));
    const here = await loadModel(bytes, { backend: 'cpu' }).catch(() => null);
    const feeds = here?.inPlace ? feedsOf(here) : null;
    if (here && feeds) {
      const there = await loadModel(bytes, { backend: 'cpu', workers: 2 });
      const { inPlace, signature } = there;
      expect({ name, inPlace, signature }).toEqual({
        name,
        inPlace: false,
        signature: here.signature,
      });
      const [one, other] = [await outcomeOf(here, feeds), await outcomeOf(there, feeds)];
      expect({ name, outcome: one }).toEqual({ name, outcome: other });
      compared.push(name);
      await there.dispose();
    }
    await here?.dispose();
  }
  expect(compared.length).toBeGreaterThan(10);
});

test('a small model starts no worker, by path, bytes, File and Map', async () => {
  const threads = watchThreads();
  const bytes = new Uint8Array(await readFile(TWO_LAYERS));
  const sources: ModelSource[] = [
    TWO_LAYERS,
    bytes,
    new File([bytes], 'a.onnx'),
    new Map([['a.onnx', bytes]]),
  ];
  for (const source of sources) {
    const loaded = await load(source);
    const { outputs, timing, id } = await loaded.predict(INPUT);
    expect(outputs['y']?.shape).toEqual([1, 10]);
    expect(timing.isFirst).toBe(true);
    expect(id).toMatch(/^[0-9a-f]{24}-1$/);
    expect(loaded).toMatchObject({ inPlace: true, engine: 'instant', backend: 'cpu', threads: 1 });
  }
  expect(threads.started).toEqual([]);
});

test('other backends, several workers and larger models run in a worker', async () => {
  expect(await load(TWO_LAYERS, { backend: 'wasm' })).toMatchObject({ inPlace: false });
  expect(await load(TWO_LAYERS, { workers: 2 })).toMatchObject({ inPlace: false });
  const large = fileURLToPath(new URL('convolutions.onnx', MODELS));
  expect(await load(large)).toMatchObject({ inPlace: false });
});

test('errors have the same code, text and details in place as in a worker', async () => {
  const [here, there] = [await load(TWO_LAYERS), await inWorker(TWO_LAYERS)];
  const deep = [[[[[[[[1]]]]]]]];
  const wrong: readonly unknown[] = [
    new Float32Array(63),
    { z: INPUT },
    { x: INPUT, z: INPUT },
    { x: { dtype: 'int32', shape: [1, 64], data: new Int32Array(64) } },
    { x: { dtype: 'float32', shape: [1, 64], data: INPUT.subarray(1) } },
    'text',
    null,
    [1, 'two'],
    deep,
    { x: () => 1 },
    { x: Symbol('one') },
    new Map([['x', INPUT]]),
    new Date(0),
    NaN,
    {},
  ];
  expect(here.inPlace).toBe(true);
  for (const input of wrong) {
    const [one, other] = await Promise.all(
      [here, there].map((loaded) => outcomeOf(loaded, input as Tensors)),
    );
    expect(one).toEqual(other);
    expect(one).toMatchObject({ code: 'INVALID_INPUT' });
  }
});

test("the caller keeps its arrays, and a prediction's outputs are the caller's own", async () => {
  const loaded = await load(TWO_LAYERS);
  const [input, before] = [INPUT.slice(), INPUT.slice()];
  const right = await loaded.predict(input);
  const call = loaded.predict(input);
  const second = loaded.predict(input);
  input.fill(9);
  expect((await call).outputs).toEqual(right.outputs);
  expect((await second).outputs).toEqual(right.outputs);
  const [one, other] = await Promise.all([loaded.predict(before), loaded.predict(before)]);
  (one.outputs['y']!.data as Float32Array).fill(7);
  expect(other.outputs).toEqual(right.outputs);
  expect(before).toEqual(INPUT);
  const { buffer } = input;
  await loaded.predict(input, { transfer: true });
  expect(buffer.byteLength).toBe(0);
});

test('a call whose shapes take long runs in a worker, and so do later calls', async () => {
  const w = weights(new Random(12), 'w', [16, 16]);
  const shape = ['batch', 'positions', 16];
  const ends = [graphInput('x', 'float32', shape), graphOutput('y', 'float32', shape)];
  const bytes = model([...ends, w, node('MatMul', ['x', 'w'], ['y'])]);
  const there = await inWorker(bytes);
  const [few, many] = [await there.predict(inputOf(2)), await there.predict(inputOf(900))];
  await there.dispose();
  const threads = watchThreads();
  const loaded = await load(bytes, { backend: 'cpu' });
  expect((await loaded.predict(inputOf(2))).outputs).toEqual(few.outputs);
  expect(loaded.inPlace).toBe(true);
  expect(threads.started.length).toBe(0);
  const calls = [inputOf(900), inputOf(2)].map((input) => loaded.predict(input));
  const [large, after] = await Promise.all(calls);
  expect(loaded.inPlace).toBe(false);
  expect(threads.started.length).toBe(1);
  expect(large?.outputs).toEqual(many.outputs);
  expect(after?.outputs).toEqual(few.outputs);
});

test('a call that needs a worker fails where none can be opened; the next one tries again', async () => {
  const w = weights(new Random(13), 'w', [16, 16]);
  const shape = ['batch', 'positions', 16];
  const ends = [graphInput('x', 'float32', shape), graphOutput('y', 'float32', shape)];
  const bytes = model([...ends, w, node('MatMul', ['x', 'w'], ['y'])]);
  const loaded = await load(bytes, { backend: 'cpu' });
  const few = await loaded.predict(inputOf(2));
  const threads = watchThreads();
  const starting = threads.next();
  const needsWorker = [
    loaded.predict(inputOf(900)),
    loaded.predict(INPUT.slice(), { transfer: true }),
  ].map((call) => call.catch((error: unknown) => error));
  const waits = loaded.predict(inputOf(2));
  await (await starting).terminate();
  for (const error of await Promise.all(needsWorker))
    expect(error).toMatchObject({
      code: 'INFERENCE_FAILED',
      message: expect.stringContaining('needs a worker') as string,
      retryable: true,
      cause: { code: 'WORKER_CRASHED' },
    });
  expect((await waits).outputs).toEqual(few.outputs);
  expect((await loaded.predict(inputOf(2))).outputs).toEqual(few.outputs);
  expect(loaded.inPlace).toBe(true);
  expect((await loaded.predict(inputOf(900))).outputs['y']?.shape).toEqual([1, 900, 16]);
  expect(loaded.inPlace).toBe(false);
  expect(threads.started.length).toBe(2);
});

test('a model whose runs take longer than a millisecond moves into a worker', async () => {
  const loaded = await load(TWO_LAYERS);
  const right = await loaded.predict(INPUT);
  expect(loaded.inPlace).toBe(true);
  // A slow device: every look at the clock is two milliseconds later.
  let ms = 0;
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => (ms += 2));
  onTestFinished(() => clock.mockRestore());
  for (let i = 0; i < 3; i += 1)
    expect((await loaded.predict(INPUT)).outputs).toEqual(right.outputs);
  clock.mockRestore();
  expect((await loaded.predict(INPUT)).outputs).toEqual(right.outputs);
  expect(loaded.inPlace).toBe(false);
});

test('a long run of several calls counts once', async () => {
  const loaded = await load(TWO_LAYERS);
  await loaded.predict(INPUT);
  let ms = 0;
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => (ms += 3));
  onTestFinished(() => clock.mockRestore());
  // The first one begins at once, and the others wait and run together: two long runs.
  const calls = await Promise.all([1, 2, 3].map(() => loaded.predict(INPUT)));
  clock.mockRestore();
  expect(calls.map(({ timing }) => timing.batchSize)).toEqual([1, 2, 2]);
  await loaded.predict(INPUT);
  expect(loaded.inPlace).toBe(true);
});

test('a hostile model is not run in this thread', async () => {
  const huge = (count: number): Uint8Array =>
    initializer('sizes', { dtype: 'int64', shape: [2], data: BigInt64Array.of(1n, BigInt(count)) });
  const fields = (count: number, ...nodes: Uint8Array[]): Uint8Array<ArrayBuffer> =>
    model([
      graphInput('x', 'float32', ['batch', 1]),
      graphOutput('y', 'float32', ['batch', 'size']),
      huge(count),
      ...nodes,
    ]);
  const expanding = (count: number): Uint8Array<ArrayBuffer> =>
    fields(count, node('Expand', ['x', 'sizes'], ['y']));
  const constant = (count: number): Uint8Array<ArrayBuffer> =>
    fields(
      count,
      node('ConstantOfShape', ['sizes'], ['zeros']),
      node('Add', ['x', 'zeros'], ['y']),
    );
  for (const make of [expanding, constant]) {
    expect((await load(make(4), { backend: 'cpu' })).inPlace).toBe(true);
    expect((await load(make(1_000_000), { backend: 'cpu' })).inPlace).toBe(false);
  }
});

test('a file that is too large is requested once, and the worker gets what was read', async () => {
  const bytes = await readFile(new URL('two-layers.onnx', MODELS));
  // An unknown field of the model makes the file large. Readers skip it.
  const padding = Buffer.concat([
    Buffer.from([0xa2, 0x1f]),
    varint(600_000),
    Buffer.alloc(600_000),
  ]);
  const file = Buffer.concat([bytes, padding]);
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(request.url ?? '');
    const isSized = request.url === '/sized.onnx';
    response.writeHead(200, isSized ? { 'content-length': file.byteLength } : {});
    response.end(request.url === '/small.onnx' ? bytes : file);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const right = await (await load(TWO_LAYERS)).predict(INPUT);
  for (const [path, inPlace] of [
    ['small', true],
    ['sized', false],
    ['unsized', false],
  ] as const) {
    const seen: number[] = [];
    // With a chosen backend, a slow call starts no search for a faster one.
    const loaded = await load(`${base}${path}.onnx`, {
      backend: 'cpu',
      onProgress: ({ loadedBytes }) => seen.push(loadedBytes),
    });
    expect(loaded.inPlace).toBe(inPlace);
    expect((await loaded.predict(INPUT)).outputs).toEqual(right.outputs);
    expect(seen.at(-1)).toBe((inPlace ? bytes : file).byteLength);
  }
  expect(requests).toEqual(['/small.onnx', '/sized.onnx', '/unsized.onnx']);
});

test('a small model in a file that is named like another format is requested once', async () => {
  const bytes = await readFile(TWO_LAYERS);
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(request.url ?? '');
    response.end(bytes);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const loaded = await load(`http://127.0.0.1:${port}/model.json`);
  const right = await (await load(TWO_LAYERS)).predict(INPUT);
  expect((await loaded.predict(INPUT)).outputs).toEqual(right.outputs);
  expect(requests).toEqual(['/model.json']);
});

function varint(value: number): Buffer {
  const bytes = [];
  let rest = value;
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128);
  return Buffer.from([...bytes, rest]);
}

test('a call is aborted before, while and after the model moves; others are answered', async () => {
  const loaded = await load(TWO_LAYERS);
  const aborted = (options: PredictOptions, input = INPUT): Promise<unknown> => {
    const abort = new AbortController();
    const call = loaded.predict(input, { ...options, signal: abort.signal });
    abort.abort(new Error('no longer needed'));
    return call.then(() => 'answered', String);
  };
  const expected = await loaded.predict(INPUT);
  const calls = [aborted({}), aborted({ transfer: true }, INPUT.slice()), aborted({})];
  const { outputs } = await loaded.predict(INPUT.slice(), { transfer: true });
  expect(loaded.inPlace).toBe(false);
  calls.push(aborted({}), aborted({ priority: 'background' }));
  expect(outputs).toEqual(expected.outputs);
  expect((await loaded.predict(INPUT)).outputs).toEqual(expected.outputs);
  expect(new Set(await Promise.all(calls))).toEqual(new Set(['Error: no longer needed']));
});

test("an aborted load ends also where the app's own fetch does not", async () => {
  const never = new Promise<never>(() => undefined);
  const bodies = [never, new Response(new ReadableStream({ pull: () => never }))];
  for (const body of bodies) {
    const abort = new AbortController();
    const appFetch = vi.fn<typeof fetch>(async () => body);
    const loading = load('https://models.example/small.onnx', {
      request: { fetch: appFetch },
      signal: abort.signal,
    });
    await vi.waitFor(() => expect(appFetch).toHaveBeenCalled());
    abort.abort(new Error('no longer needed'));
    await expect(loading).rejects.toThrow('no longer needed');
  }
});
