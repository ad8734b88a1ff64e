import { expect, test } from 'vitest';
import { load, rowsOf, valuesOf } from './e2e-models.fixture.ts';

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
