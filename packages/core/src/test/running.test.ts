import { fileURLToPath } from 'node:url';
import { loadModel } from 'perigee';
import type { LoadModelOptions, Model, Prediction, Tensor } from 'perigee';
import { seededRandom } from '@perigee/profile/analysis';
import { expect, onTestFinished, test } from 'vitest';

const MODELS = fileURLToPath(new URL('../../../../e2e/models/', import.meta.url));

async function load(name: string, options: LoadModelOptions = {}): Promise<Model> {
  const model = await loadModel(`${MODELS}${name}.onnx`, {
    backend: 'wasm',
    threads: 1,
    ...options,
  });
  onTestFinished(() => model.dispose());
  return model;
}

const rounds = (count: number | bigint) =>
  ({
    x: { dtype: 'float32', shape: [1], data: Float32Array.of(0) },
    rounds: { dtype: 'int64', shape: [], data: BigInt64Array.of(BigInt(count)) },
  }) as const;
const valuesOf = (tensor: Tensor | undefined): number[] => [...(tensor!.data as Float32Array)];
const rowsOf = (prediction: Prediction): number[] => valuesOf(prediction.outputs['y']);

test.each([1, 2])(
  'thousands of interleaved calls of different sizes each get their own answer (%i workers)',
  async (workers) => {
    const next = seededRandom(workers);
    const model = await load('two-layers', { workers, maxQueue: 5_000 });
    const inputs = Array.from({ length: 3_000 }, () => {
      const rows = next() < 0.8 ? 1 : 1 + Math.floor(next() * 3);
      return {
        dtype: 'float32',
        shape: [rows, 64],
        data: Float32Array.from({ length: rows * 64 }, () => next() * 2 - 1),
      } as const;
    });
    // Compute the expected values row by row, without batching.
    const expected: number[][] = [];
    for (const input of inputs) expected.push(valuesOf((await model.run({ x: input }))['y']));
    const answers = await Promise.all(
      inputs.map((x, i) =>
        i % 31 === 0
          ? model.run({ x }).then(({ y }) => ({ values: valuesOf(y), size: 1 }))
          : model
              .predict({ x })
              .then((answer) => ({ values: rowsOf(answer), size: answer.timing.batchSize })),
      ),
    );
    answers.forEach(({ values }, i) => {
      expect(values.length).toBe(expected[i]!.length);
      values.forEach((value, j) => expect(Math.abs(value - expected[i]![j]!)).toBeLessThan(1e-5));
    });
    expect(Math.max(...answers.map(({ size }) => size))).toBeGreaterThan(8);
  },
);

test('rows of a model that mixes them are never run together, whatever its signature says', async () => {
  const model = await load('mixes-rows');
  const answers = await model.predictMany(
    Array.from({ length: 40 }, (_, i) => Float32Array.of(i, 2 * i, -i, 5)),
  );
  // A single row less its mean is 0, and 1 is added.
  for (const answer of answers) expect(rowsOf(answer)).toEqual([1, 1, 1, 1]);
  expect(answers.slice(2).every(({ timing }) => timing.batchSize === 1)).toBe(true);
});

test('maxBatch limits batches: 1 allows none, 4 at most four calls', async () => {
  for (const maxBatch of [1, 4]) {
    const model = await load('two-layers', { maxBatch });
    const sizes = (
      await model.predictMany(Array.from({ length: 50 }, () => new Float32Array(64)))
    ).map(({ timing }) => timing.batchSize);
    expect(Math.max(...sizes)).toBe(maxBatch);
  }
});

test('predictMany answers in order, and one wrong input rejects it by name', async () => {
  const model = await load('two-layers');
  const inputs = Array.from({ length: 1_200 }, (_, i) => new Float32Array(64).fill(i / 1_200));
  const answers = await model.predictMany(inputs);
  const alone = await Promise.all(
    [0, 700, 1_199].map(async (i) => rowsOf(await model.predict(inputs[i]!))),
  );
  [0, 700, 1_199].forEach((i, k) =>
    rowsOf(answers[i]!).forEach((value, j) => expect(value).toBeCloseTo(alone[k]![j]!, 5)),
  );
  await expect(model.predictMany([inputs[0]!, new Float32Array(63)])).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    message: expect.stringContaining('63 values') as string,
  });
  expect(await model.predictMany([])).toEqual([]);
});

test('only the wrong input of a batch is rejected', async () => {
  const model = await load('two-layers');
  const calls = Array.from({ length: 20 }, (_, i) =>
    model.predict(new Float32Array(i === 9 ? 7 : 64)),
  );
  const settled = await Promise.allSettled(calls);
  expect(settled.map(({ status }) => status === 'rejected')).toEqual(
    Array.from({ length: 20 }, (_, i) => i === 9),
  );
});

test('a write into an array after the call has no effect', async () => {
  const model = await load('two-layers');
  for (const rows of [1, 300]) {
    const array = new Float32Array(64 * rows).fill(0.25);
    const [expected] = [rowsOf(await model.predict(array.slice()))];
    const call = model.predict(array);
    array.fill(9);
    expect(rowsOf(await call)).toEqual(expected);
    expect(array[0]).toBe(9);
  }
});

test('large inputs keep their values through recycled buffers', async () => {
  const model = await load('two-layers');
  const input = (i: number): Float32Array =>
    Float32Array.from({ length: 64 * 256 }, (_, j) => Math.sin(i + j));
  const expected: number[][] = [];
  for (let i = 0; i < 12; i += 1) expected.push(rowsOf(await model.predict(input(i))));
  const together = await Promise.all(Array.from({ length: 12 }, (_, i) => model.predict(input(i))));
  together.forEach((answer, i) =>
    rowsOf(answer).forEach((value, j) =>
      expect(Math.abs(value - expected[i]![j]!)).toBeLessThan(1e-5),
    ),
  );
});

test.each([1, 1_000])(
  'a caller that changes its answer changes no other (%i rows each)',
  async (rows) => {
    const model = await load('two-layers', { maxBatch: 8 });
    const inputs = Array.from({ length: 24 }, (_, i) => new Float32Array(64 * rows).fill(i / 24));
    const expected: number[][] = [];
    for (const input of inputs) expected.push(rowsOf(await model.predict(input)));
    const answers = await Promise.all(inputs.map((input) => model.predict(input)));
    expect(Math.max(...answers.map(({ timing }) => timing.batchSize))).toBeGreaterThan(1);
    for (const [i, { outputs, output }] of answers.entries()) {
      expect(output).toBe(outputs['y']);
      rowsOf(answers[i]!).forEach((value, j) =>
        expect(Math.abs(value - expected[i]![j]!)).toBeLessThan(1e-5),
      );
      const { buffer } = outputs['y']!.data as Float32Array<ArrayBuffer>;
      expect(buffer.byteLength).toBe(10 * rows * 4);
      if (i % 2 === 0) new Float32Array(buffer).fill(Number.NaN);
      else structuredClone(buffer, { transfer: [buffer] });
    }
  },
);

test('arrays passed with transfer are moved', async () => {
  const model = await load('two-layers');
  const array = new Float32Array(64 * 300);
  await model.predict({ x: array }, { transfer: true });
  expect(array.length).toBe(0);
});

test('an input that cannot be sent is refused; the calls of its turn are answered, and so are later ones', async () => {
  const model = await load('two-layers', { maxQueue: 4 });
  const gone = new Float32Array(64);
  structuredClone(gone.buffer, { transfer: [gone.buffer] });
  const input = new Float32Array(64).fill(0.5);
  const refused = {
    code: 'INVALID_INPUT',
    message: expect.stringContaining('cannot be sent') as string,
  };
  const calls = [
    model.predict({ x: gone }, { transfer: true }),
    model.predict(input),
    model.predict({ x: gone }, { transfer: true }),
  ];
  await expect(calls[0]).rejects.toMatchObject(refused);
  await expect(calls[2]).rejects.toMatchObject(refused);
  const answer = rowsOf(await calls[1]!);
  expect(answer).toHaveLength(10);
  // Aborted calls take no place in the queue.
  for (const later of await Promise.all(Array.from({ length: 4 }, () => model.predict(input))))
    expect(rowsOf(later)).toEqual(answer);
});

test('interactive calls overtake waiting background calls, which are still answered', async () => {
  const model = await load('loop');
  const order: string[] = [];
  const call = (name: string, priority: 'interactive' | 'background') =>
    model.run(rounds(30_000), { priority }).then(() => order.push(name));
  const all = Array.from({ length: 12 }, (_, i) => call(`background ${i}`, 'background'));
  // The first call is running by then.
  await Promise.race(all);
  all.push(...Array.from({ length: 4 }, (_, i) => call(`interactive ${i}`, 'interactive')));
  await Promise.all(all);
  expect(order.length).toBe(16);
  expect(order.indexOf('interactive 3')).toBeLessThan(10);
  expect(order.filter((name) => name.startsWith('background'))).toEqual(
    Array.from({ length: 12 }, (_, i) => `background ${i}`),
  );
});

test('calls beyond maxQueue are refused at once with QUEUE_FULL; later calls are accepted again', async () => {
  const model = await load('loop', { maxQueue: 3 });
  const calls = Array.from({ length: 5 }, () =>
    model.run(rounds(10)).then(
      () => 'answered',
      ({ code, retryable }: { code: string; retryable: boolean }) => `${code} ${retryable}`,
    ),
  );
  expect(await Promise.all(calls)).toEqual([
    'answered',
    'answered',
    'answered',
    'QUEUE_FULL true',
    'QUEUE_FULL true',
  ]);
  expect(valuesOf((await model.run(rounds(2)))['y'])).toEqual([2]);
});

test('a stream answers every input in order, and takes them no faster than it answers', async () => {
  const model = await load('two-layers');
  let taken = 0;
  async function* source() {
    for (let i = 0; i < 50; i += 1) {
      taken += 1;
      yield new Float32Array(64).fill(i / 50);
    }
  }
  const first: number[] = [];
  let most = 0;
  for await (const answer of model.predictStream(source())) {
    first.push(rowsOf(answer)[0]!);
    most = Math.max(most, taken - first.length);
  }
  expect(first.length).toBe(50);
  expect(most).toBeLessThanOrEqual(3);
  expect(first[49]).toBeCloseTo(
    rowsOf(await model.predict(new Float32Array(64).fill(49 / 50)))[0]!,
    5,
  );
});

test('with whenBusy: "latest" inputs that come meanwhile are dropped, but never the last', async () => {
  const model = await load('loop');
  async function* camera() {
    for (let frame = 1; frame <= 200; frame += 1) {
      yield { x: Float32Array.of(frame), rounds: BigInt64Array.of(3_000n) };
      await new Promise(setImmediate);
    }
  }
  const frames: number[] = [];
  for await (const { outputs } of model.predictStream(camera(), { whenBusy: 'latest' }))
    frames.push(valuesOf(outputs['y'])[0]! - 3_000);
  expect(frames.length).toBeLessThan(200);
  expect(frames.at(-1)).toBe(200);
  expect(frames).toEqual(frames.toSorted((a, b) => a - b));
});

test('a stream that is left closes its source; a failing source fails the stream', async () => {
  const model = await load('two-layers');
  let closed = false;
  async function* endless() {
    try {
      for (;;) yield new Float32Array(64);
    } finally {
      closed = true;
    }
  }
  for await (const answer of model.predictStream(endless())) {
    expect(rowsOf(answer).length).toBe(10);
    break;
  }
  expect(closed).toBe(true);
  async function* broken() {
    yield new Float32Array(64);
    throw new Error('the sensor came off');
  }
  const zeros = rowsOf(await model.predict(new Float32Array(64)));
  for (const whenBusy of ['queue', 'latest'] as const) {
    await expect(
      (async () => {
        for await (const answer of model.predictStream(broken(), { whenBusy }))
          expect(rowsOf(answer)).toEqual(zeros);
      })(),
    ).rejects.toThrow('the sensor came off');
  }
  const stop = new AbortController();
  await expect(
    (async () => {
      for await (const answer of model.predictStream(endless(), { signal: stop.signal })) {
        expect(rowsOf(answer)).toEqual(zeros);
        stop.abort(new Error('enough'));
      }
    })(),
  ).rejects.toThrow('enough');
});

test('only the outputs asked for are returned, and an unknown one is named', async () => {
  const model = await load('many-outputs');
  const feeds = {
    x: { dtype: 'float32', shape: [1, 2], data: Float32Array.of(-1.5, 2) },
    scale: { dtype: 'float32', shape: [], data: Float32Array.of(2) },
  } as const;
  expect(await model.run(feeds)).toEqual({
    scaled: { dtype: 'float32', shape: [1, 2], data: Float32Array.of(-3, 4) },
    whole: { dtype: 'int64', shape: [1, 2], data: BigInt64Array.of(-3n, 4n) },
    positive: { dtype: 'bool', shape: [1, 2], data: Uint8Array.of(0, 1) },
    size: { dtype: 'int64', shape: [2], data: BigInt64Array.of(1n, 2n) },
  });
  expect(Object.keys(await model.run(feeds, { outputs: ['size', 'whole'] })).toSorted()).toEqual([
    'size',
    'whole',
  ]);
  await expect(model.run(feeds, { outputs: ['nothing'] })).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    message: expect.stringContaining('scaled: float32 [rows, columns]') as string,
  });
});

test('sizes of none and no dimensions at all go through', async () => {
  const model = await load('many-outputs');
  const { scaled, size } = await model.run({
    x: { dtype: 'float32', shape: [0, 3], data: new Float32Array(0) },
    scale: { dtype: 'float32', shape: [], data: Float32Array.of(2) },
  });
  expect(scaled).toEqual({ dtype: 'float32', shape: [0, 3], data: new Float32Array(0) });
  expect(size!.data).toEqual(BigInt64Array.of(0n, 3n));
});

test('weights in a file beside the model are found by path, and in a map', async () => {
  const { readFile } = await import('node:fs/promises');
  const [model, weights] = await Promise.all([
    readFile(`${MODELS}external.onnx`),
    readFile(`${MODELS}external.bin`),
  ]);
  const byPath = await load('external');
  const byMap = await loadModel(
    new Map([
      ['external.bin', new Uint8Array(weights)],
      ['external.onnx', new Uint8Array(model)],
    ]),
    { backend: 'wasm' },
  );
  onTestFinished(() => byMap.dispose());
  const row = Float32Array.of(1, 0, 0, 0);
  const expected = [
    ...new Float32Array(weights.buffer.slice(weights.byteOffset, weights.byteOffset + 12)),
  ];
  for (const loaded of [byPath, byMap]) expect(rowsOf(await loaded.predict(row))).toEqual(expected);
  await expect(loadModel(new Uint8Array(model), { backend: 'wasm' })).rejects.toMatchObject({
    name: 'PerigeeError',
    message: expect.stringContaining('external.bin') as string,
  });
});

test('an unknown operator is named in the error in the error', async () => {
  await expect(load('custom-operator')).rejects.toMatchObject({
    code: 'UNSUPPORTED_OPERATOR',
    message: expect.stringContaining('com.example:Frobnicate') as string,
    details: { operator: 'com.example:Frobnicate' },
  });
});

test.each([
  [{ workers: 0 }, 'workers is 0'],
  [{ maxBatch: 1.5 }, 'maxBatch is 1.5'],
  [{ threads: -1 }, 'threads is -1'],
  [{ maxQueue: Number.NaN }, 'maxQueue'],
  [{ idleReleaseMs: -1 }, 'idleReleaseMs is -1'],
])('the option %o is refused', async (options, message) => {
  await expect(load('two-layers', options)).rejects.toMatchObject({
    code: 'INVALID_CONFIG',
    message: expect.stringContaining(message) as string,
  });
});

test('warmUp runs the model once before load resolves', async () => {
  const model = await load('two-layers', { warmUp: true });
  expect(model.loadTiming.warmUpMs).toBeGreaterThan(0);
  expect((await load('two-layers')).loadTiming.warmUpMs).toBe(0);
});

test('an endless native run blocks neither other models nor the end of the process', async () => {
  const model = await load('loop', { backend: 'native' });
  const endless = model.run(rounds(200_000_000), { timeoutMs: 100 });
  const behind = model.run(rounds(4));
  await expect(endless).rejects.toMatchObject({ code: 'TIMEOUT' });
  expect(valuesOf((await behind)['y'])).toEqual([4]);
});
