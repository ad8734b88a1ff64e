import type { GoldenSamples } from '@perigee/registry';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { WireCall } from '../rpc/protocol.ts';
import type { Tensors } from '../tensor.ts';
import { runGolden, timeSample } from './golden.ts';
import { createScheduler } from './scheduler.ts';

const ONE = { dtype: 'float32', shape: [1], data: [1] } as const;
const GOLDEN: GoldenSamples = {
  schema: 'perigee-golden/1',
  samples: [{ id: 'one', feeds: { x: ONE }, outputs: { y: ONE } }],
};
const EXACT = { atol: 0, rtol: 0 };

/** A model whose runs take this long by the clock that it moves itself. */
function modelOf(runMs: number): { run: () => Promise<Tensors>; runs: () => number } {
  let nowMs = 0;
  let runs = 0;
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
  onTestFinished(() => clock.mockRestore());
  return {
    async run() {
      nowMs += runMs;
      runs += 1;
      return { y: { dtype: 'float32', shape: [1], data: Float32Array.of(1) } };
    },
    runs: () => runs,
  };
}

test('a slow model is compared once before its first answer, and timed when asked', async () => {
  const { run, runs } = modelOf(40);
  const result = await runGolden(GOLDEN, run, EXACT, false);
  expect([result.passed, result.firstMs, result.medianMs, runs()]).toEqual([
    true,
    40,
    undefined,
    1,
  ]);
  expect(await timeSample(GOLDEN.samples[0]!, run)).toBe(40);
  expect(runs()).toBeGreaterThan(1);
});

test('a quick model is timed at once, and a slow one where its time is wanted', async () => {
  expect((await runGolden(GOLDEN, modelOf(1).run, EXACT, false)).medianMs).toBe(1);
  expect((await runGolden(GOLDEN, modelOf(40).run, EXACT)).medianMs).toBe(40);
});

test('the time of a sample has no time of calls that arrive meanwhile', async () => {
  const { run } = modelOf(40);
  let answered = 0;
  const scheduler = createScheduler({
    limit: () => 1,
    async work() {
      await run();
      answered += 1;
    },
  });
  const call: WireCall = {
    id: 1,
    input: { kind: 'list', values: [1] },
    sentAtMs: 0,
    background: false,
    lent: false,
  };
  let samples = 0;
  const runSample = async (): Promise<Tensors> => {
    samples += 1;
    await Promise.resolve();
    scheduler.accept([call]);
    return run();
  };
  expect(await timeSample(GOLDEN.samples[0]!, runSample, scheduler.between)).toBe(40);
  await scheduler.idle();
  expect(answered).toBe(samples);
});
