import { expect, test } from 'vitest';
import { abandonable } from './abort.ts';

test('rejects with the signal’s own reason, at once, and says the caller left', async () => {
  const controller = new AbortController();
  const left: string[] = [];
  const call = abandonable(() => new Promise(() => undefined), { signal: controller.signal, what: 'predict()', onLeave: (why) => left.push(why) });
  const reason = new Error('changed my mind');
  controller.abort(reason);
  await expect(call).rejects.toBe(reason);
  expect(left).toEqual(['aborted']);
});

test('a signal that aborted before keeps the work from starting', async () => {
  let started = false;
  await expect(abandonable(async () => (started = true), { signal: AbortSignal.abort(), what: 'predict()' })).rejects.toMatchObject({ name: 'AbortError' });
  expect(started).toBe(false);
});

test('rejects with TIMEOUT when the work takes longer than allowed', async () => {
  const left: string[] = [];
  await expect(abandonable(() => new Promise(() => undefined), { timeoutMs: 5, what: 'predict() of "digits"', onLeave: (why) => left.push(why) })).rejects.toMatchObject({ code: 'TIMEOUT', message: expect.stringContaining('timeoutMs = 5') as string });
  expect(left).toEqual(['timeout']);
});

test('passes the result and the error through', async () => {
  const { signal } = new AbortController();
  await expect(abandonable(async () => 7, { signal, what: 'x' })).resolves.toBe(7);
  await expect(abandonable(() => Promise.reject(new Error('inner')), { signal, what: 'x' })).rejects.toThrow('inner');
});
