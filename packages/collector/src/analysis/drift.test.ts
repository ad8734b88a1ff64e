import { SCORE_BINS } from '@perigee/profile';
import type { Profile, ReferenceProfile } from '@perigee/profile';
import { expect, test } from 'vitest';
import { DRIFT_DEFAULTS, judgeDrift } from './drift.ts';
import { fleetOf } from './fleet.ts';
import { profilesOf } from '../monitor/version-counts.fixture.ts';

const BINS = 32;

/** A reference with `rows` rows: a number, 40 words, two labels and their scores. */
function referenceOf(rows: number): ReferenceProfile {
  const even = (count: number): number[] =>
    Array.from(
      { length: count },
      (_, i) => Math.floor(((i + 1) * rows) / count) - Math.floor((i * rows) / count),
    );
  return {
    schema: 'perigee-reference/1',
    rows,
    features: [
      {
        kind: 'numeric',
        name: 'sensor',
        edges: Array.from({ length: BINS - 1 }, (_, i) => i + 1),
        counts: even(BINS),
        missing: 0,
        min: 0,
        max: BINS,
        quantiles: [0, 8, 16, 24, 32],
      },
      {
        kind: 'categorical',
        name: 'word',
        vocabulary: Array.from({ length: 40 }, (_, i) => `w${i}`),
        counts: [...even(40), 0],
        missing: 0,
      },
    ],
    output: { labels: ['a', 'b'], labelCounts: even(2), scoreCounts: even(SCORE_BINS) },
  };
}

/** Profiles with all observations in one bin of each histogram. */
function stuck(reference: ReferenceProfile, observations: number, groups: number): Profile[] {
  const own = Math.round(observations / groups);
  const only = (length: number, bin: number): Float64Array =>
    new Float64Array(length).fill(own, bin, bin + 1);
  return profilesOf(reference, () => undefined, groups).map((empty): Profile => ({
    ...empty,
    predictions: own,
    features: empty.features.map((feature) => ({ ...feature, bins: only(feature.bins.length, 3) })),
    labels: only(2, 0),
    scores: only(SCORE_BINS, 20),
  }));
}

test.each([16, 5, 2])(
  'a sensor stuck at one value has drifted, whatever the sizes, with %i groups of devices',
  (groups) => {
    for (const rows of [200, 2_000, 40_000, 20_000_000]) {
      for (const observations of [800, 40_000, 1_600_000, 20_000_000]) {
        const reference = referenceOf(rows);
        const { features, outputs } = judgeDrift(
          fleetOf(stuck(reference, observations, groups))!,
          reference,
          DRIFT_DEFAULTS,
        );
        expect(
          [...features, ...outputs].map(({ name, verdict }) => `${name}: ${verdict}`).toSorted(),
          `${rows} rows, ${observations} observations`,
        ).toEqual(['predicted label: drift', 'sensor: drift', 'top score: drift', 'word: drift']);
      }
    }
  },
);
