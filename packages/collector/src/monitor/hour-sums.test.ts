import { expect, test } from 'vitest';
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts';
import { createHourSums } from './hour-sums.ts';
import { commit, hourOf, NOW_HOUR } from './monitor.fixture.ts';

test('hours are read once, until their version is no longer kept', async () => {
  const store = openSqliteStore(':memory:');
  for (const version of ['1.0.0', '1.1.0']) await commit(store, hourOf(NOW_HOUR, {}, { version }));
  const read: string[] = [];
  const sums = createHourSums({
    compared(query) {
      read.push(query.version);
      return store.compared(query);
    },
  });
  const hoursOf = (version: string) =>
    sums.read({ model: 'm', version, fromHour: NOW_HOUR, toHour: NOW_HOUR + 1 });
  const [first] = [await hoursOf('1.0.0'), await hoursOf('1.1.0')];
  sums.keepOnly(new Set(['1.1.0', '1.2.0']));
  await hoursOf('1.1.0');
  expect(read).toEqual(['1.0.0', '1.1.0']);
  expect(await hoursOf('1.0.0')).toEqual(first);
  expect(read).toEqual(['1.0.0', '1.1.0', '1.0.0']);
  await store.close();
});
