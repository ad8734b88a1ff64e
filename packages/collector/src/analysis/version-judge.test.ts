import { serialize } from 'node:v8';
import { emptyProfile } from '@perigee/profile';
import type { Profile } from '@perigee/profile';
import { expect, test } from 'vitest';
import { driftOptions } from '../monitor/monitor.ts';
import { DEFAULT_RULES } from '../alerts/rules.ts';
import { openMemoryStore } from '../store/memory/memory-store.ts';
import { createVersionJudge } from './version-judge.ts';

const HOUR = 490_000;
const WHERE = { model: 'm', version: '1.0.0', fromHour: HOUR - 1, toHour: HOUR + 1 };
const OPTIONS = driftOptions(DEFAULT_RULES, {});

/** A store with a mark that the test sets, and a count of how often its sums were read. */
function markedStore() {
  const store = openMemoryStore();
  const state = { mark: 'a', reads: 0 };
  const marked = {
    ...store,
    mark: async () => state.mark,
    sums: (...asked: Parameters<typeof store.sums>) => {
      state.reads += 1;
      return store.sums(...asked);
    },
  };
  let ids = 0;
  const count = async (predictions: number, version = WHERE.version): Promise<void> => {
    const key = {
      model: 'm',
      version,
      reference: '',
      backend: 'wasm',
      browser: 'node',
      segment: '',
      sampling: 0,
      privacy: 0,
      group: 0,
      hour: HOUR,
    };
    const profiles: Profile[] = [{ ...emptyProfile(key), predictions }];
    await store.commit([{ batchId: String((ids += 1)), sealedAtMs: 1, lost: {}, profiles }]);
  };
  return { store, marked, state, count };
}

test('counts of a version are read again only if their mark or the window changed', async () => {
  const { marked, state, count } = markedStore();
  const judge = createVersionJudge(marked, OPTIONS);
  const predictions = async (where = WHERE) => (await judge(where, null))?.figures.predictions;
  expect(await predictions()).toBeUndefined();
  await count(3);
  state.mark = 'b';
  expect([await predictions(), await predictions(), state.reads]).toEqual([3, 3, 2]);
  await count(4);
  state.mark = 'c';
  expect([await predictions(), state.reads]).toEqual([7, 3]);
  expect(await predictions({ ...WHERE, fromHour: HOUR + 1, toHour: HOUR + 2 })).toBeUndefined();
  expect([await predictions(), state.reads]).toEqual([7, 5]);
});

test('counts that come while others are read are in the next answer', async () => {
  const { marked, state, count } = markedStore();
  await count(3);
  const judge = createVersionJudge(
    {
      ...marked,
      mark: async () => {
        const { mark } = state;
        if (mark === 'a') {
          await count(4);
          state.mark = 'b';
        }
        return mark;
      },
    },
    OPTIONS,
  );
  await judge(WHERE, null);
  await count(1);
  state.mark = 'c';
  expect((await judge(WHERE, null))?.figures.predictions).toBe(8);
});

test('a store without marks is read for each answer', async () => {
  const { store, count } = markedStore();
  const judge = createVersionJudge(store, OPTIONS);
  await count(3);
  expect((await judge(WHERE, null))?.figures.predictions).toBe(3);
  await count(4);
  expect((await judge(WHERE, null))?.figures.predictions).toBe(7);
});

test('versions that were asked for long ago are forgotten', async () => {
  const { marked, state, count } = markedStore();
  const judge = createVersionJudge(marked, OPTIONS);
  for (let i = 0; i < 129; i += 1) {
    await count(1, `1.0.${i}`);
    await judge({ ...WHERE, version: `1.0.${i}` }, null);
  }
  const { reads } = state;
  await judge({ ...WHERE, version: '1.0.128' }, null);
  expect(state.reads).toBe(reads);
  await judge({ ...WHERE, version: '1.0.0' }, null);
  expect(state.reads).toBe(reads + 1);
});

test('of a version with many features no histogram is kept', async () => {
  const { store, marked } = markedStore();
  const key = { ...WHERE, reference: '', backend: 'wasm', browser: 'node', segment: '' };
  const profile = emptyProfile({ ...key, sampling: 0, privacy: 0, group: 0, hour: HOUR });
  const features = Array.from({ length: 100 }, () => ({
    bins: Float64Array.from({ length: 64 }, () => 1),
    missing: 0,
    invalid: 0,
    below: 0,
    above: 0,
  }));
  const profiles = [{ ...profile, predictions: 6_400, features }];
  await store.commit([{ batchId: 'wide', sealedAtMs: 1, lost: {}, profiles }]);
  const judged = await createVersionJudge(marked, OPTIONS)(WHERE, null);
  expect(judged?.figures.predictions).toBe(6_400);
  expect(serialize(judged).byteLength).toBeLessThan(1_000);
});
