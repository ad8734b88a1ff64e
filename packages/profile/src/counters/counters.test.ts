import { seededRandom } from '../statistics/seeded-random.ts';
import { expect, test } from 'vitest';
import {
  buildReference,
  createCounters,
  decodeProfile,
  encodeProfile,
  mergeProfiles,
  STAGES,
} from '../index.ts';
import type { Profile, ProfileKey } from '../index.ts';

const KEY: ProfileKey = {
  model: 'm',
  version: '1.0.0',
  reference: '',
  backend: 'wasm',
  browser: 'chromium',
  segment: '',
  sampling: 0,
  privacy: 0,
  group: 0,
  hour: 0,
};
const reference = buildReference({
  features: [
    { name: 'size', kind: 'numeric', values: [1, 2, 3, 4] },
    { name: 'colour', kind: 'categorical', values: ['red', 'green', 'red', null] },
  ],
  output: { labels: ['yes', 'no', 'perhaps'], predictions: [{ labelIndex: 0, score: 1 }] },
});
const sum = (counts: ArrayLike<number>): number => Array.from(counts).reduce((a, b) => a + b, 0);

function counted(observe: (counters: ReturnType<typeof createCounters>) => void): Profile {
  const counters = createCounters(reference);
  observe(counters);
  return counters.snapshot(KEY);
}

test('a score outside [0, 1] counts in the first or last bin; NaN and infinity do not count', () => {
  const { labels, scores } = counted((c) => {
    for (const score of [0, 0.005, 0.01, 0.999, 1, 1.0000001, -1e-9, Number.NaN, Infinity])
      c.observeOutput(1, score);
  });
  expect([scores[0], scores[1], scores[99], sum(scores)]).toEqual([3, 1, 3, 7]);
  expect([...labels]).toEqual([0, 9, 0]);
});

test('an index that does not exist changes nothing and leaves the counters empty', () => {
  const counters = createCounters(reference);
  for (const index of [-1, 2, 0.5, Number.NaN, 1e9]) counters.observeFeature(index, 1);
  for (const index of [-1, 3, 0.5, Number.NaN]) {
    counters.observeGroundTruth(index, 0);
    counters.observeGroundTruth(0, index);
  }
  for (const ms of [-1, Number.NaN]) counters.observeLatency('total', ms);
  expect(counters.empty).toBe(true);
  expect(encodeProfile(counters.snapshot(KEY))).toEqual(
    encodeProfile(createCounters(reference).snapshot(KEY)),
  );
});

test('feedback counts in the row of the predicted label and the column of the true label', () => {
  expect([...counted((c) => c.observeGroundTruth(2, 1)).confusion]).toEqual([[7, 1]]);
});

test('each stage has its own latencies; the first and last bucket hold the extremes', () => {
  const { latency } = counted((c) =>
    STAGES.forEach((stage, i) => Array.from({ length: i + 1 }, () => c.observeLatency(stage, 1))),
  );
  expect(latency.map(sum)).toEqual([1, 2, 3, 4, 5, 6]);
  const ends = counted((c) =>
    [0, 1e-9, 1e9, Infinity].forEach((ms) => c.observeLatency('load', ms)),
  ).latency[0]!;
  expect([ends[0], ends[95]]).toEqual([2, 2]);
});

test('text that is not an error code counts as OTHER and is not kept', () => {
  const profile = counted((c) =>
    [
      'TIMEOUT',
      'Cannot read /home/ada/secret.csv',
      '__proto__',
      '',
      'X'.repeat(65),
      'OTHER',
    ].forEach((code) => c.observeError(code)),
  );
  expect(profile.errors).toEqual({ TIMEOUT: 1, OTHER: 5 });
  expect(decodeProfile(encodeProfile(profile))).toEqual(profile);
});

test('too many error codes give the same counts in any order and split', () => {
  const next = seededRandom(17);
  for (let run = 0; run < 50; run += 1) {
    const codes = Array.from({ length: 120 }, () => `E${Math.floor(next() * 40)}`);
    const whole = counted((c) => codes.forEach((code) => c.observeError(code)));
    const shuffled = counted((c) =>
      codes
        .map((code) => ({ code, order: next() }))
        .toSorted((x, y) => x.order - y.order)
        .forEach(({ code }) => c.observeError(code)),
    );
    const cut = Math.floor(next() * 121);
    const [a, b] = [codes.slice(0, cut), codes.slice(cut)].map((part) =>
      counted((c) => part.forEach((code) => c.observeError(code))),
    );
    expect(sum(Object.values(whole.errors))).toBe(120);
    expect(Object.keys(whole.errors).length).toBeLessThanOrEqual(20);
    expect(shuffled.errors).toEqual(whole.errors);
    expect(encodeProfile(mergeProfiles(a!, b!))).toEqual(encodeProfile({ ...whole, devices: 2 }));
  }
});

test('a snapshot resets the counters, and later counts do not change it', () => {
  const counters = createCounters(reference);
  counters.observeFeature(0, 2);
  counters.observePrediction();
  const first = counters.snapshot(KEY);
  const bytes = encodeProfile(first);
  counters.observeFeature(0, 2);
  counters.observeError('TIMEOUT');
  const second = counters.snapshot(KEY);
  expect(encodeProfile(first)).toEqual(bytes);
  expect(second).toMatchObject({ predictions: 0, errors: { TIMEOUT: 1 } });
  expect(sum(second.features[0]!.bins)).toBe(1);
});

test('without a reference, predictions, errors and latencies are counted', () => {
  const counters = createCounters(null);
  counters.observePrediction();
  counters.observeFeature(0, 1);
  counters.observeOutput(0, 1);
  counters.observeLatency('total', 4);
  const profile = counters.snapshot(KEY);
  expect(profile).toMatchObject({ predictions: 1, features: [] });
  expect([profile.labels.length, profile.scores.length, profile.confusion.size]).toEqual([0, 0, 0]);
  expect(decodeProfile(encodeProfile(profile))).toEqual(profile);
});
