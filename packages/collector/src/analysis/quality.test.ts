import { buildReference } from '@perigee/profile';
import { seededRandom } from '@perigee/profile/analysis';
import { describe, expect, test } from 'vitest';
import type { RuleName } from '../alerts/finding.ts';
import { DEFAULT_RULES } from '../alerts/rules.ts';
import { DRIFT_DEFAULTS } from './drift.ts';
import { judgeVersion } from '../monitor/judge-version.ts';
import { versionCountsOf } from '../monitor/version-counts.fixture.ts';

const rulesFound = (counts: ReturnType<typeof versionCountsOf>): RuleName[] =>
  judgeVersion(counts, DEFAULT_RULES, DRIFT_DEFAULTS).findings.map(({ rule }) => rule);

/** A feature with one share of missing rows in the reference, and another one now. */
function missing(before: number, now: number, rows = 2_000) {
  const reference = buildReference({
    features: [
      {
        name: 'age',
        kind: 'numeric',
        values: Array.from({ length: rows }, (_, i) =>
          (i * 7) % rows < before * rows ? null : (i * 13) % 89,
        ),
      },
    ],
  });
  return versionCountsOf(reference, (counters) => {
    for (let i = 0; i < 400; i += 1) {
      counters.observePrediction();
      counters.observeFeature(0, (i * 7) % 400 < now * 400 ? null : (i * 13) % 89);
    }
  });
}

describe('missing values', () => {
  test.each([
    [0.5, 1],
    [0.55, 1],
    [0.8, 1],
    [0.995, 1],
    [0.5, 0.8],
    [0, 0.02],
    [0.1, 0.25],
  ])('%f missing before and %f now is a finding', (before, now) => {
    expect(rulesFound(missing(before, now))).toContain('missing-values');
  });

  test.each([
    [0.5, 0.5],
    [0.8, 0.8],
    [0.5, 0.7],
    [0.1, 0.15],
    [0, 0.005],
  ])('%f missing before and %f now is none', (before, now) => {
    expect(rulesFound(missing(before, now))).not.toContain('missing-values');
  });

  test('what was always missing is none', () => {
    const reference = buildReference({
      features: [
        { name: 'age', kind: 'categorical', values: Array.from({ length: 500 }, () => null) },
      ],
    });
    const found = rulesFound(
      versionCountsOf(reference, (counters) => {
        for (let i = 0; i < 400; i += 1) {
          counters.observePrediction();
          counters.observeFeature(0, null);
        }
      }),
    );
    expect(found).toEqual([]);
  });

  test('30 rows in which by chance one was missing prove no growth to a tenth', () => {
    expect(rulesFound(missing(1 / 30, 0.1, 30))).not.toContain('missing-values');
  });
});

/** Draws words by weight. A word's name is its rank. */
function drawWords(weights: readonly number[], random: () => number): () => string {
  const total = weights.reduce((a, b) => a + b, 0);
  let sum = 0;
  const limits = weights.map((weight) => (sum += weight / total));
  return () => {
    const at = random();
    return `word ${String(
      (Math.max(
        0,
        limits.findIndex((limit) => at < limit),
      ) *
        7_919) %
        10_007,
    )}`;
  };
}

function words(
  weights: readonly number[],
  rows: number,
  seed: number,
  novelty = 0,
  perGroup = 1_250,
) {
  const random = seededRandom(seed);
  const draw = drawWords(weights, random);
  const reference = buildReference({
    features: [{ name: 'town', kind: 'categorical', values: Array.from({ length: rows }, draw) }],
  });
  return versionCountsOf(reference, (counters) => {
    for (let i = 0; i < perGroup; i += 1) {
      counters.observePrediction();
      counters.observeFeature(0, random() < novelty ? `new ${Math.floor(random() * 10)}` : draw());
    }
  });
}

const zipf = (count: number): number[] => Array.from({ length: count }, (_, i) => 1 / (i + 1));
const flat = (count: number): number[] => Array.from({ length: count }, () => 1);

describe('words that a reference never saw', () => {
  test.each([
    { name: '200 words with a long tail, 1,000 rows', weights: zipf(200), rows: 1_000 },
    { name: '1,000 words with a long tail, 2,000 rows', weights: zipf(1_000), rows: 2_000 },
    { name: '300 words alike, 2,000 rows', weights: flat(300), rows: 2_000 },
    { name: '300 words alike, 400 rows', weights: flat(300), rows: 400 },
    { name: '60 words alike, 300 rows', weights: flat(60), rows: 300 },
    { name: '2,000 words alike, 10,000 rows', weights: flat(2_000), rows: 10_000 },
  ])(
    'the same words before and now are no finding in any of six fleets: $name (seeded simulation)',
    ({ weights, rows }) => {
      const found = Array.from({ length: 6 }, (_, seed) =>
        rulesFound(words(weights, rows, 31 + seed)),
      );
      expect(found).toEqual(found.map(() => []));
    },
  );

  test.each([
    { name: '5 words', weights: flat(5), rows: 1_000, novelty: 0.03 },
    { name: '50 words with a long tail', weights: zipf(50), rows: 5_000, novelty: 0.04 },
    { name: '200 words with a long tail', weights: zipf(200), rows: 5_000, novelty: 0.08 },
  ])('new words beside $name are found', ({ weights, rows, novelty }) => {
    expect(rulesFound(words(weights, rows, 41, novelty))).toContain('new-category');
  });
});

test('a word of the vocabulary that the reference has no row of leaves the others as they are', () => {
  const [rows, counts] = [1_000, [600, 380, 0, 20]];
  const reference = {
    schema: 'perigee-reference/1',
    rows,
    features: [
      { kind: 'categorical', name: 'town', vocabulary: ['a', 'b', 'c'], counts, missing: 0 },
    ],
  } as const;
  const found = (others: number): RuleName[] =>
    rulesFound(
      versionCountsOf(reference, (counters) => {
        for (let i = 0; i < 500; i += 1) {
          counters.observePrediction();
          counters.observeFeature(0, i < others * 500 ? 'z' : i % 5 < 3 ? 'a' : 'b');
        }
      }),
    );
  expect(found(0.02)).toEqual([]);
  expect(found(0.09)).toEqual(['new-category']);
});

test('values just outside of a small reference are no finding; one in twenty is', () => {
  const random = seededRandom(51);
  const found = (rows: number, outside: number): boolean => {
    const reference = buildReference({
      features: [{ name: 'x', kind: 'numeric', values: Array.from({ length: rows }, random) }],
    });
    return rulesFound(
      versionCountsOf(reference, (counters) => {
        for (let i = 0; i < 500; i += 1) {
          counters.observePrediction();
          counters.observeFeature(0, random() < outside ? 2 : random());
        }
      }),
    ).includes('out-of-range');
  };
  expect(Array.from({ length: 40 }, () => found(300, 0)).filter(Boolean)).toHaveLength(0);
  expect(found(300, 0.05)).toBe(true);
});
