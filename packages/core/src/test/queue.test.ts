import { expect, test } from 'vitest';
import { load, rounds, valuesOf } from './e2e-models.fixture.ts';

test('interactive calls overtake waiting background calls, which are still answered', async () => {
  const model = await load('loop');
  const order: string[] = [];
  const call = (name: string, priority: 'interactive' | 'background', count: number) =>
    model.run(rounds(count), { priority }).then(() => order.push(name));
  // The first call takes about two seconds; all others come while it runs.
  const all = Array.from({ length: 12 }, (_, i) =>
    call(`background ${i}`, 'background', i === 0 ? 600_000 : 10),
  );
  await new Promise(setImmediate);
  all.push(...Array.from({ length: 4 }, (_, i) => call(`interactive ${i}`, 'interactive', 10)));
  await Promise.all(all);
  expect(order.length).toBe(16);
  expect(order.indexOf('interactive 3')).toBeLessThan(5);
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

test('an endless native run blocks neither other models nor the end of the process', async () => {
  const model = await load('loop', { backend: 'native' });
  const endless = model.run(rounds(200_000_000), { timeoutMs: 100 });
  const behind = model.run(rounds(4));
  await expect(endless).rejects.toMatchObject({ code: 'TIMEOUT' });
  expect(valuesOf((await behind)['y'])).toEqual([4]);
});
