import { expect, onTestFinished, test, vi } from 'vitest';
import { heldUntil } from './hold-answers.ts';

/** A version that becomes active when the test says so. */
function activating() {
  let settle!: { activate(): void; fail(error: Error): void };
  const activated = new Promise<void>((activate, fail) => (settle = { activate, fail }));
  return { guard: heldUntil(activated), ...settle };
}

/** The events that have happened once all that can go on without a clock has gone on. */
async function settledBy(events: readonly string[]): Promise<readonly string[]> {
  await new Promise((resolve) => setImmediate(resolve));
  return events;
}

test('answers wait until the version is active, and no longer', async () => {
  const { guard, activate } = activating();
  const events: string[] = [];
  const first = guard(async () => events.push('run')).then(() => events.push('answer'));
  expect(await settledBy(events)).toEqual(['run']);
  activate();
  await first;
  expect(await guard(async () => 'second')).toBe('second');
});

test('a version that cannot be activated answers all the same', async () => {
  const { guard, fail } = activating();
  const answer = guard(async () => 'right');
  fail(new Error('The disk failed.'));
  expect(await answer).toBe('right');
});

test('a failed run is not held', async () => {
  const { guard } = activating();
  await expect(guard(() => Promise.reject(new Error('wrong input')))).rejects.toThrow(
    'wrong input',
  );
});

test('a slow store holds answers for a quarter of a second', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const { guard } = activating();
  const events: string[] = [];
  const answer = guard(async () => 'right').then((given) => events.push(given));
  vi.advanceTimersByTime(249);
  expect(await settledBy(events)).toEqual([]);
  vi.advanceTimersByTime(1);
  await answer;
  expect(events).toEqual(['right']);
});
