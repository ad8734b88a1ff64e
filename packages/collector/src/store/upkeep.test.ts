import { emptyProfile } from '@perigee/profile';
import { expect, test } from 'vitest';
import { openSqliteStore } from './sqlite/sqlite-store.ts';
import { keepUp } from './upkeep.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const NOW_MS = Date.now();
const NOW_HOUR = Math.floor(NOW_MS / HOUR_MS);

test('with a clock far ahead or a year without uploads, nothing is deleted before the next upload', async () => {
  const store = openSqliteStore(':memory:');
  const errors: string[] = [];
  const logger = { error: (line: string) => void errors.push(line) };
  let ids = 0;
  const count = (hour: number) =>
    store.commit([
      {
        batchId: (++ids).toString(16).padStart(32, '0'),
        sealedAtMs: 1,
        lost: {},
        profiles: [
          emptyProfile({
            model: 'm',
            version: '1.0.0',
            reference: '',
            backend: 'wasm',
            browser: 'node',
            segment: '',
            sampling: 0,
            privacy: 0,
            group: 0,
            hour,
          }),
        ],
      },
    ]);
  const hours = async (): Promise<number> =>
    (await store.timeline({ model: 'm', fromHour: 0, toHour: 1e7 })).length;
  expect(await keepUp(store, NOW_MS, logger)).toBe(true);
  for (const hour of [NOW_HOUR, NOW_HOUR - 1, NOW_HOUR - 2]) await count(hour);
  expect(await keepUp(store, NOW_MS + 400 * DAY_MS, logger)).toBe(false);
  expect(await hours()).toBe(3);
  expect(errors).toEqual([expect.stringContaining("this machine's clock")]);
  await count(NOW_HOUR + 400 * 24);
  expect(await keepUp(store, NOW_MS + 400 * DAY_MS, logger)).toBe(true);
  expect(await hours()).toBe(1);
  await store.close();
});
