import { expect, test } from 'vitest';
import { codeOf } from '../../error.ts';
import type { Updater } from '../perigee-state.ts';
import { watchStart } from './watch-start.ts';

test('steps run and are marked when the code for leaving the page cannot be imported', async () => {
  const called: string[] = [];
  const call = async (method: string): Promise<number> => called.push(method);
  const updater = { connection: { call }, page: 'a' } as unknown as Updater;
  const guard = watchStart(
    {
      main: { codeOf },
      runtime: { onLifecycle: () => Promise.reject(new TypeError('Failed to fetch a module')) },
    },
    updater,
    { ref: 'digits', version: '1.1.0', variant: 'fp32' },
  );
  expect(await guard(async () => 1)).toBe(1);
  expect(await guard(async () => 2)).toBe(2);
  expect(called).toEqual(['beginStart', 'endStart', 'beginStart', 'endStart']);
});
