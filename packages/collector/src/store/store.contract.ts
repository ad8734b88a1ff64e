import { addProfiles, buildReference, createCounters, encodeProfile, keyText } from '@perigee/profile';
import type { Profile, SealedBatch } from '@perigee/profile';
import { expect, test } from 'vitest';
import type { CollectorStore } from './store.ts';

const reference = buildReference({
  features: [{ name: 'x', kind: 'numeric', values: Array.from({ length: 100 }, (_, i) => i) }],
  output: { labels: ['a', 'b'], predictions: [{ labelIndex: 0, score: 1 }] },
});

function random(seed: number): () => number {
  let state = seed;
  return () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
}

function profile(next: () => number): Profile {
  const counters = createCounters(reference);
  for (let i = 0; i < 1 + Math.floor(next() * 20); i += 1) {
    counters.observePrediction();
    counters.observeFeature(0, next() * 120 - 10);
    counters.observeOutput(Math.floor(next() * 2), next());
    counters.observeLatency('total', next() * 100);
    if (next() < 0.2) counters.observeError('TIMEOUT');
    if (next() < 0.2) counters.observeTruth(Math.floor(next() * 2), Math.floor(next() * 2));
  }
  const pick = (n: number): number => Math.floor(next() * n);
  return counters.snapshot({ model: ['m', 'n'][pick(2)]!, version: ['1.0.0', '1.1.0'][pick(2)]!, reference: 'r', backend: ['wasm', 'webgpu'][pick(2)]!, group: pick(3), hour: 100 + pick(3) });
}

let ids = 0;
const batch = (profiles: readonly Profile[]): SealedBatch => ({ batchId: (++ids).toString(16).padStart(32, '0'), sealedAtMs: 1, lost: 0, profiles });

/** What every collector store must do: exact sums, each batch once. `open` gives a store on the same data for the same name. */
export function testCollectorStore(kind: string, open: (name: string) => CollectorStore): void {
  test(`${kind}: batches in random order, some sent again, sum to exactly what was counted`, () => {
    const next = random(5);
    for (let run = 0; run < 5; run += 1) {
      const store = open(`sum-${run}`);
      const batches = Array.from({ length: 30 }, () => batch(Array.from({ length: 1 + Math.floor(next() * 3) }, () => profile(next))));
      const sent = [...batches, ...batches.filter(() => next() < 0.5)].map((one) => ({ one, order: next() })).toSorted((a, b) => a.order - b.order).map(({ one }) => one);
      const seen = new Set<string>();
      for (let i = 0; i < sent.length; i += 4) {
        const group = sent.slice(i, i + 4);
        const fresh = store.commit(group);
        for (const [j, one] of group.entries()) {
          expect(fresh[j]).toBe(!seen.has(one.batchId));
          seen.add(one.batchId);
        }
      }
      const expected = new Map<string, Profile>();
      for (const one of batches.flatMap(({ profiles }) => profiles)) {
        const known = expected.get(keyText(one.key));
        expected.set(keyText(one.key), known ? addProfiles(known, one) : one);
      }
      const stored = ['m', 'n'].flatMap((model) => store.profiles({ model, fromHour: 0, toHour: 1_000 }));
      const bytes = (profiles: Iterable<Profile>): string[] => Array.from(profiles, (one) => Buffer.from(encodeProfile(one)).toString('hex')).toSorted();
      expect(bytes(stored)).toEqual(bytes(expected.values()));
      const all = [...expected.values()];
      const total = (pick: (one: Profile) => number): number => all.reduce((sum, one) => sum + pick(one), 0);
      const rows = store.totals();
      expect(rows.reduce((sum, row) => sum + row.predictions, 0)).toBe(total(({ predictions }) => predictions));
      expect(rows.reduce((sum, row) => sum + row.labelled, 0)).toBe(total(({ confusion }) => confusion.reduce((a, b) => a + b, 0)));
      expect(rows.reduce((sum, row) => sum + row.correct, 0)).toBe(total(({ confusion }) => confusion[0]! + confusion[3]!));
      expect(rows.reduce((sum, row) => sum + row.errors, 0)).toBe(total(({ errors }) => Object.values(errors).reduce((a, b) => a + b, 0)));
      store.close();
    }
  });

  test(`${kind}: what commit() returned for is there after the store was opened anew, and a repeat is still known`, () => {
    const one = batch([profile(random(1))]);
    const before = open('reopen');
    expect(before.commit([one])).toEqual([true]);
    // No close(): as after a crash.
    const after = open('reopen');
    expect(after.commit([one])).toEqual([false]);
    expect(after.totals()[0]?.predictions).toBe(one.profiles[0]!.predictions);
    after.close();
  });

  test(`${kind}: a batch that cannot be added leaves nothing of itself`, () => {
    const store = open('atomic');
    const [good] = [profile(random(2))];
    store.commit([batch([good])]);
    const other = { ...good, features: [] };
    const bad = batch([other]);
    expect(() => store.commit([bad])).toThrow();
    expect(store.totals().reduce((sum, row) => sum + row.predictions, 0)).toBe(good.predictions);
    expect(store.commit([{ ...bad, profiles: [good] }])).toEqual([true]);
    store.close();
  });

  test(`${kind}: windows are half-open, and a version selects`, () => {
    const store = open('window');
    const one = (hour: number, version: string): Profile => ({ ...profile(random(3)), key: { model: 'm', version, reference: 'r', backend: 'wasm', group: 0, hour } });
    store.commit([batch([one(10, '1.0.0'), one(11, '1.0.0'), one(11, '1.1.0'), one(12, '1.0.0')])]);
    expect(store.timeline({ model: 'm', fromHour: 10, toHour: 12 }).map(({ hour, version }) => `${hour} ${version}`)).toEqual(['10 1.0.0', '11 1.0.0', '11 1.1.0']);
    expect(store.profiles({ model: 'm', version: '1.1.0', fromHour: 0, toHour: 99 })).toHaveLength(1);
    expect(store.profiles({ model: 'other', fromHour: 0, toHour: 99 })).toEqual([]);
    store.close();
  });
}
