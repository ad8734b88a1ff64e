import { expect, test } from 'vitest';
import { createMemoryStore } from '../store/memory.ts';
import { takePrediction, rememberPredictions } from './pending-ground-truth.ts';
import { passTime } from './telemetry.fixture.ts';

test('the ground truth of a prediction can be reported once, also after a reload, for 30 days', async () => {
  const store = createMemoryStore();
  await Promise.all([
    rememberPredictions(store, 'digits', [
      ['a-1', 1],
      ['a-2', 2],
    ]),
    rememberPredictions(store, 'digits', [['b-1', 3]]),
  ]);
  const take = (model: string, id: string) => takePrediction(store, model, id);
  expect(await take('digits', 'a-2')).toEqual({ value: 2 });
  expect(await take('digits', 'a-2')).toEqual({ missing: 'reported' });
  expect(await take('words', 'a-1')).toEqual({ missing: 'unknown' });
  expect(await take('digits', 'no id at all')).toEqual({ missing: 'unknown' });
  expect(await take('digits', 'b-1')).toEqual({ value: 3 });
  passTime(31 * 86_400_000);
  expect(await take('digits', 'a-1')).toEqual({ missing: 'days' });
  // A write of another model drops the prediction. The error for its id still tells the reason.
  await rememberPredictions(store, 'words', [['c-1', 4.5]]);
  expect((await store.listValues('telemetry:truth:')).map((key) => key.split(':')[2])).toEqual([
    'words',
  ]);
  expect(await take('digits', 'a-1')).toEqual({ missing: 'days' });
  expect(await take('words', 'c-1')).toEqual({ value: 4.5 });
});

test('predictions that wait for a ground truth take 4 MiB at most; the oldest are given up', async () => {
  const store = createMemoryStore();
  const groupOf = (worker: string) =>
    Array.from({ length: 100_000 }, (_, i) => [`${worker}-${i.toString(36)}`, i] as const);
  for (const worker of ['a', 'b', 'c', 'd']) {
    passTime(1_000);
    await rememberPredictions(store, 'digits', groupOf(worker));
  }
  const kept = await store.getValues('telemetry:truth:');
  const bytes = kept.reduce(
    (sum, [key, value]) => sum + key.length + (value as Uint8Array).byteLength,
    0,
  );
  expect(bytes).toBeGreaterThan(3_600_000);
  expect(bytes).toBeLessThan(4 * 1024 * 1024);
  expect(await takePrediction(store, 'digits', 'a-1')).toEqual({ missing: 'bytes' });
  expect(await takePrediction(store, 'digits', 'b-255r')).toEqual({
    value: Number.parseInt('255r', 36),
  });
  expect(await takePrediction(store, 'digits', 'd-0')).toEqual({ value: 0 });
});

test('truths that are reported at the same time each take their own prediction', async () => {
  const store = createMemoryStore();
  await rememberPredictions(store, 'digits', [
    ['a-1', 1],
    ['a-2', 2],
    ['a-3', 3],
  ]);
  const take = (ids: readonly string[]) =>
    Promise.all(ids.map((id) => takePrediction(store, 'digits', id)));
  const all = ['a-1', 'a-2', 'a-3'];
  const values = [{ value: 1 }, { value: 2 }, { value: 3 }];
  // The group is deleted with its last prediction, so its ids are unknown.
  expect(await take([...all, 'a-1'])).toEqual([...values, { missing: 'unknown' }]);
  expect(await take(all)).toEqual(all.map(() => ({ missing: 'unknown' })));
});
