import { expect, test } from 'vitest';
import { load, rowsOf } from './e2e-models.fixture.ts';

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
