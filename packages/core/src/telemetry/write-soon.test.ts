import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { writeSoon } from './write-soon.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('a count is written a second later, and many of that second at once', async () => {
  const write = vi.fn<() => Promise<void>>(async () => undefined);
  const counted = writeSoon(write);
  for (let i = 0; i < 10; i += 1) counted();
  await vi.advanceTimersByTimeAsync(999);
  expect(write).toHaveBeenCalledTimes(0);
  await vi.advanceTimersByTimeAsync(1);
  expect(write).toHaveBeenCalledTimes(1);
});

test('counts that go on are written less and less often, at last once a minute', async () => {
  const times: number[] = [];
  const start = Date.now();
  const counted = writeSoon(async () => void times.push((Date.now() - start) / 1000));
  for (let second = 0; second < 300; second += 1) {
    counted();
    await vi.advanceTimersByTimeAsync(1_000);
  }
  const gaps = times.slice(1).map((time, i) => Math.round(time - times[i]!));
  expect(gaps.slice(0, 5)).toEqual([2, 4, 8, 16, 32]);
  expect(Math.max(...gaps)).toBe(60);
});

test('after a pause a count is written within a second again', async () => {
  const write = vi.fn<() => Promise<void>>(async () => undefined);
  const counted = writeSoon(write);
  for (let second = 0; second < 20; second += 1) {
    counted();
    await vi.advanceTimersByTimeAsync(1_000);
  }
  await vi.advanceTimersByTimeAsync(200_000);
  write.mockClear();
  counted();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(write).toHaveBeenCalledTimes(1);
});

test('a write that fails does not stop the next one', async () => {
  const write = vi.fn<() => Promise<void>>(() => Promise.reject(new Error('no room')));
  const counted = writeSoon(write);
  counted();
  await vi.advanceTimersByTimeAsync(1_000);
  counted();
  await vi.advanceTimersByTimeAsync(2_000);
  expect(write).toHaveBeenCalledTimes(2);
});
