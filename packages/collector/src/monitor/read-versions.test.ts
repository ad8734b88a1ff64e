import { expect, test } from 'vitest';
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts';
import type { CollectorStore } from '../store/store.ts';
import { commit, hourOf, monitored, NOW_HOUR } from './monitor.fixture.ts';

const START = NOW_HOUR - 48;

/** Records the hours that are read of each version. */
function recorded(store: CollectorStore): { store: CollectorStore; read: string[] } {
  const read: string[] = [];
  const sums: CollectorStore['sums'] = (query, by) => {
    for (let hour = query.fromHour; hour < query.toHour; hour += 1)
      read.push(`${query.version} ${hour - START}`);
    return store.sums(query, by);
  };
  return { store: { ...store, sums }, read };
}

test('a check of three versions, each compared with others and its past, reads an hour once', async () => {
  const { store, read } = recorded(openSqliteStore(':memory:'));
  const { alerting, check } = monitored({ store });
  for (let hour = START; hour < START + 30; hour += 1)
    await commit(store, [
      ...hourOf(hour),
      ...hourOf(hour, {}, { version: '1.1.0' }),
      ...hourOf(hour, { ms: hour < START + 10 ? 20 : 80 }, { version: '1.2.0' }),
    ]);
  await check(START + 30, 1);
  expect(read.length).toBeGreaterThan(3 * 24);
  expect(read.filter((one, i) => read.indexOf(one) < i)).toEqual([]);
  await check(START + 31, 1);
  expect((await alerting.open()).map(({ rule, version }) => `${rule} ${version}`)).toEqual([
    'latency 1.2.0',
  ]);
});
