import { expect, test } from 'vitest';
import { watchStart } from './watch-start.ts';

test('steps run and are marked, though the code for leaving the page cannot be imported', async () => {
  const told: string[] = [];
  const guard = watchStart(
    {
      runtime: {
        onLifecycle: () => Promise.reject(new TypeError('Failed to fetch a module')),
      } as never,
    },
    { connection: { call: async (method: string) => told.push(method) }, page: 'a' } as never,
    { ref: 'digits', version: '1.1.0', variant: 'fp32' },
  );
  expect(await guard(async () => 1)).toBe(1);
  expect(await guard(async () => 2)).toBe(2);
  expect(told).toEqual(['beginStart', 'endStart', 'beginStart', 'endStart']);
});
