import { seededRandom } from '@perigee/profile/analysis';
import { expect, test } from 'vitest';
import { load, rowsOf, valuesOf } from './e2e-models.fixture.ts';

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

test('calls of several rows run together, as those of one row do', async () => {
  const model = await load('two-layers');
  const x = { dtype: 'float32', shape: [3, 64], data: new Float32Array(3 * 64) } as const;
  const answers = await model.predictMany(Array.from({ length: 600 }, () => ({ x })));
  expect(Math.max(...answers.map(({ timing }) => timing.batchSize))).toBeGreaterThan(8);
});

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
