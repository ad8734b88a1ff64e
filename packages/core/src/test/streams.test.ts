import { fileURLToPath } from 'node:url';
import { loadModel } from 'perigee';
import type { LoadOptions, Model, Prediction } from 'perigee';
import { expect, onTestFinished, test } from 'vitest';

const MODELS = fileURLToPath(new URL('../../../../e2e/models/', import.meta.url));

async function load(options: LoadOptions = {}): Promise<Model> {
  const model = await loadModel(`${MODELS}external.onnx`, {
    backend: 'wasm',
    threads: 1,
    ...options,
  });
  onTestFinished(() => model.dispose());
  return model;
}

/** A promise and the function that settles it. */
function gate(): { readonly opened: Promise<void>; open(): void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open: () => open() };
}

const input = (value: number): Float32Array => Float32Array.of(value, 0, 0, 0);
const first = ({ outputs }: Prediction): number => (outputs['y']!.data as Float32Array)[0]!;

test.each(['queue', 'latest'] as const)(
  'a result comes though the source gives no further input, which may wait for it (%s)',
  async (whenBusy) => {
    const model = await load();
    const one = first(await model.predict(input(1)));
    let seen = gate();
    async function* source() {
      for (let i = 1; i <= 3; i += 1) {
        yield input(i);
        // Only the reader of this result opens the gate.
        await seen.opened;
        seen = gate();
      }
    }
    const results: number[] = [];
    for await (const answer of model.predictStream(source(), { whenBusy })) {
      results.push(first(answer));
      seen.open();
    }
    expect(results.map((result) => result / one)).toEqual([
      expect.closeTo(1, 5),
      expect.closeTo(2, 5),
      expect.closeTo(3, 5),
    ]);
  },
);

test.each(['queue', 'latest'] as const)(
  'an abort takes effect while the source is quiet, and closes the source (%s)',
  async (whenBusy) => {
    const model = await load();
    const quiet = gate();
    const closed = gate();
    async function* source() {
      try {
        yield input(1);
        await quiet.opened;
        yield input(2);
      } finally {
        closed.open();
      }
    }
    const stop = new AbortController();
    const stream = model.predictStream(source(), { whenBusy, signal: stop.signal });
    expect((await stream.next()).done).toBe(false);
    const next = stream.next();
    stop.abort(new Error('enough'));
    await expect(next).rejects.toThrow('enough');
    // A waiting generator closes once its wait is over.
    quiet.open();
    await closed.opened;
  },
);

test.each(['queue', 'latest'] as const)(
  'a reader that leaves while the source is quiet closes it (%s)',
  async (whenBusy) => {
    const model = await load();
    const one = first(await model.predict(input(1)));
    let given = 0;
    let isClosed = false;
    const source = {
      [Symbol.asyncIterator]: () => source,
      next: () =>
        given++ === 0
          ? Promise.resolve({ done: false, value: input(1) })
          : new Promise<never>(() => undefined),
      return: async () => {
        isClosed = true;
        return { done: true as const, value: undefined };
      },
    };
    for await (const answer of model.predictStream(source as never, { whenBusy })) {
      expect(first(answer)).toBe(one);
      break;
    }
    expect(isClosed).toBe(true);
  },
);

test('a source that always has an input leaves time for everything else (latest)', async () => {
  const model = await load();
  const one = first(await model.predict(input(1)));
  async function* endless() {
    for (;;) yield input(1);
  }
  let count = 0;
  for await (const answer of model.predictStream(endless(), { whenBusy: 'latest' })) {
    expect(first(answer)).toBe(one);
    if ((count += 1) === 3) break;
  }
  expect(count).toBe(3);
});

test('a stream makes no more calls at a time than maxQueue allows', async () => {
  const model = await load({ maxQueue: 1 });
  const one = first(await model.predict(input(1)));
  const results: number[] = [];
  for await (const answer of model.predictStream([input(1), input(2), input(3)]))
    results.push(first(answer) / one);
  expect(results).toEqual([1, 2, 3].map((times) => expect.closeTo(times, 5) as number));
});

test('results of the inputs before a failure of the source come first', async () => {
  const model = await load();
  async function* broken() {
    yield input(1);
    yield input(2);
    throw new Error('the sensor came off');
  }
  let count = 0;
  await expect(
    (async () => {
      for await (const answer of model.predictStream(broken()))
        count += Number(first(answer) !== undefined);
    })(),
  ).rejects.toThrow('the sensor came off');
  expect(count).toBe(2);
});

test('predictMany takes any iterable, and says why it refuses other values', async () => {
  const model = await load();
  const inputs = [input(1), input(2), input(3)];
  const expected = (await model.predictMany(inputs)).map(first);
  function* generator() {
    yield* inputs;
  }
  for (const iterable of [
    new Set(inputs),
    generator(),
    inputs.values(),
    { [Symbol.iterator]: () => inputs.values() },
  ]) {
    expect((await model.predictMany(iterable)).map(first)).toEqual(expected);
  }
  async function* later() {
    yield input(1);
  }
  for (const [given, message] of [
    [input(1), 'got one Float32Array, of which each number would be an input'],
    [{}, 'got an object that is not iterable'],
    [null, 'got null'],
    [undefined, 'got undefined'],
    ['abc', 'got string'],
    [later(), 'Use predictStream()'],
  ] as const) {
    await expect(model.predictMany(given as never)).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining(message) as string,
    });
  }
  await expect(model.predictStream({} as never).next()).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    message: expect.stringContaining('predictStream() takes') as string,
  });
});

test('predictMany takes more inputs than calls may wait', async () => {
  const model = await loadModel(`${MODELS}external.onnx`, {
    backend: 'wasm',
    threads: 1,
    maxQueue: 2,
  });
  onTestFinished(() => model.dispose());
  const [one = NaN, ...more] = (await model.predictMany([1, 2, 3, 4, 5].map(input))).map(first);
  expect(more.map((result) => Math.round(result / one))).toEqual([2, 3, 4, 5]);
});

test('a generator is closed when one of its inputs fails', async () => {
  const model = await load();
  let isClosed = false;
  function* endless() {
    try {
      for (let i = 0; ; i += 1) yield i === 600 ? new Float32Array(3) : input(i);
    } finally {
      isClosed = true;
    }
  }
  await expect(model.predictMany(endless())).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  expect(isClosed).toBe(true);
});
