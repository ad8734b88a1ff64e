import {
  addProfiles,
  buildReference,
  createCounters,
  encodeBatch,
  encodeProfile,
  keyText,
} from '@perigee/profile';
import type { Losses, Profile, ProfileKey } from '@perigee/profile';
import { reducedKey } from './store.ts';
import type { CollectorStore, Dimension, Upload } from './store.ts';

/** A kind of store, and how its tests open it. */
export interface StoreUnderTest {
  readonly kind: string;
  /** The same name gives the same data. */
  readonly open: (name: string) => Promise<CollectorStore>;
  /** Opens the data as a crash leaves it. */
  readonly reopen: (name: string) => Promise<CollectorStore>;
  /** True if commit refuses wrong shapes; other stores leave them out of sums. */
  readonly refusesShapes: boolean;
}

const reference = buildReference({
  features: [
    { name: 'x', kind: 'numeric', values: Array.from({ length: 100 }, (_, i) => i) },
    {
      name: 'colour',
      kind: 'categorical',
      values: Array.from({ length: 100 }, (_, i) => ['red', 'green', 'blue'][i % 3]!),
    },
  ],
  output: {
    labels: ['a', 'b'],
    predictions: Array.from({ length: 100 }, (_, i) => ({ labelIndex: i % 2, score: 1 })),
  },
});
export const HOUR_MS = 3_600_000;
/** Commits for this hour are not rolled up yet. */
export const NOW_HOUR = Math.floor(Date.now() / HOUR_MS);

/** A key without its hour, for profiles whose counts are added to each other. */
export const KEY = {
  model: 'm',
  version: '1.0.0',
  backend: 'wasm',
  browser: 'chromium',
  segment: '',
  sampling: 0,
  group: 0,
} as const;

export function profile(next: () => number, key: Partial<ProfileKey> = {}): Profile {
  const counters = createCounters(reference);
  counters.observeSession();
  if (next() < 0.3) counters.observeGolden(next() < 0.8);
  for (let i = 0; i < 1 + Math.floor(next() * 20); i += 1) {
    counters.observePrediction();
    counters.observeFeature(0, next() < 0.1 ? null : next() * 120 - 10);
    counters.observeFeature(1, ['red', 'green', 'violet'][Math.floor(next() * 3)]);
    counters.observeOutput(Math.floor(next() * 2), next());
    counters.observeLatency('total', next() * 100);
    if (next() < 0.2) counters.observeError(next() < 0.5 ? 'TIMEOUT' : 'OUT_OF_MEMORY');
    if (next() < 0.2) counters.observeGroundTruth(Math.floor(next() * 2), Math.floor(next() * 2));
    if (next() < 0.05) counters.observeFallback();
  }
  const pick = (n: number): number => Math.floor(next() * n);
  const counted = counters.snapshot({
    model: ['m', 'n'][pick(2)]!,
    version: ['1.0.0', '1.1.0'][pick(2)]!,
    reference: 'r',
    backend: ['wasm', 'webgpu'][pick(2)]!,
    browser: ['chromium', 'firefox'][pick(2)]!,
    segment: ['', 'beta'][pick(2)]!,
    sampling: pick(2),
    privacy: 0,
    group: pick(3),
    hour: NOW_HOUR - pick(3),
    ...key,
  });
  // Half of the profiles are not the first that their device sends for the hour.
  return next() < 0.5 ? counted : { ...counted, devices: 0, failedDevices: 0 };
}

let ids = 0;
/**
 * Every other batch has its original bytes, like an upload; the others have none, like batches made
 * by the collector.
 */
export function batch(profiles: readonly Profile[], lost: Losses = {}): Upload {
  const one = {
    batchId: `${process.pid.toString(16)}${(++ids).toString(16).padStart(24, '0')}`.padStart(
      32,
      '0',
    ),
    sealedAtMs: 1,
    lost,
    profiles,
  };
  return ids % 2 === 0 ? one : { ...one, record: encodeBatch(one) };
}

/** Comparable text, equal only if every count is equal. */
export const textOf = (profiles: Iterable<Profile>): string[] =>
  Array.from(profiles, (one) => Buffer.from(encodeProfile(one)).toString('hex')).toSorted();

/** The expected sums, added one by one. */
export function expectedSums(
  profiles: readonly Profile[],
  by: readonly Dimension[],
  fromHour: number,
): string[] {
  const sums = new Map<string, Profile>();
  for (const one of profiles) {
    const key = reducedKey(one.key, by, fromHour);
    const known = sums.get(keyText(key));
    sums.set(keyText(key), known ? addProfiles(known, one) : { ...one, key });
  }
  return textOf(sums.values());
}

export const ALL = { fromHour: 0, toHour: NOW_HOUR + 2 };
export const EVERY: readonly Dimension[] = ['backend', 'browser', 'segment', 'group', 'hour'];
