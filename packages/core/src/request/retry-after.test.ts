import { afterEach, expect, test, vi } from 'vitest';
import { retryAfterMs } from './retry-after.ts';

afterEach(() => vi.useRealTimers());

test('seconds and dates are milliseconds from now', () => {
  vi.useFakeTimers({ now: Date.UTC(2026, 0, 1) });
  expect(retryAfterMs('120')).toBe(120_000);
  expect(retryAfterMs('Thu, 01 Jan 2026 00:00:30 GMT')).toBe(30_000);
});

test.each(['0', 'Thu, 01 Jan 1970 00:00:00 GMT'])('%s asks to try again at once', (header) => {
  expect(retryAfterMs(header)).toBe(0);
});

test.each([null, '', 'soon'])('%s says nothing', (header) => {
  expect(retryAfterMs(header)).toBeUndefined();
});
