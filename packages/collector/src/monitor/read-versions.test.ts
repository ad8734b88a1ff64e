import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { STAGES } from '@perigee/profile';
import { expect, test } from 'vitest';
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts';
import type { CollectorStore, WindowQuery } from '../store/store.ts';
import { commit, hourOf, monitored, NOW_HOUR } from './monitor.fixture.ts';

const TOTAL = STAGES.indexOf('total');
const START = NOW_HOUR - 48;

/** Records the hours that are read of each version. */
function recorded(store: CollectorStore): { store: CollectorStore; read: string[] } {
  const read: string[] = [];
  const record = ({ version, fromHour, toHour }: WindowQuery): void => {
    for (let hour = fromHour; hour < toHour; hour += 1) read.push(`${version} ${hour - START}`);
  };
  const sums: CollectorStore['sums'] = (query, by) => {
    record(query);
    return store.sums(query, by);
  };
  const compared: CollectorStore['compared'] = (query) => {
    record(query);
    return store.compared(query);
  };
  return { store: { ...store, sums, compared }, read };
}

test('a check of many versions keeps the hours of two in memory', async () => {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  const store = openSqliteStore(':memory:');
  const versions = Array.from({ length: 5 }, (_, i) => `1.${i}.0`);
  for (let hour = START; hour < START + 30; hour += 1)
    await commit(
      store,
      versions.flatMap((version) => hourOf(hour, {}, { version })),
    );
  const read = new Map<string, WeakRef<object>[]>();
  const note = (version: string, found: readonly object[]): void => {
    const refs = found.map((one) => new WeakRef(one));
    read.set(version, [...(read.get(version) ?? []), ...refs]);
  };
  const histograms: WeakRef<object>[] = [];
  const alive = (refs: readonly WeakRef<object>[]): boolean => refs.some((one) => one.deref());
  let [kept, areHistogramsKept]: [string[], boolean] = [[], true];
  const sums: CollectorStore['sums'] = async (query, by) => {
    const { version = '' } = query;
    if (version === versions[4] && !read.has(version)) {
      // References of this turn are held until it ends.
      await new Promise((resolve) => setTimeout(resolve));
      gc();
      kept = [...read].filter(([, refs]) => alive(refs)).map(([one]) => one);
      areHistogramsKept = alive(histograms);
    }
    const found = await store.sums(query, by);
    note(version, []);
    histograms.push(...found.map(({ latency }) => new WeakRef(latency[TOTAL]!)));
    return found;
  };
  const compared: CollectorStore['compared'] = async (query) => {
    const found = await store.compared(query);
    note(query.version, found);
    return found;
  };
  const { check } = monitored({ store: { ...store, sums, compared } });
  await check(START + 30, 1);
  expect([...read.keys()]).toEqual(versions);
  expect(kept).toEqual([versions[3]]);
  expect(areHistogramsKept).toBe(false);
});

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
