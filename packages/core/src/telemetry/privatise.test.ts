import { buildReference, createCounters } from '@perigee/profile';
import { randomisedResponse, seededRandom } from '@perigee/profile/analysis';
import { expect, test } from 'vitest';
import { privatise } from './privatise.ts';

const WORDS = ['red', 'green', 'blue', 'black'] as const;
const SHARES = [0.6, 0.2, 0.15, 0.05];
const DEVICES = 20_000;

/** Draws a word by its share; null in the given share of rows. */
function word(random: () => number, missing: number): string | null {
  let at = random();
  const found =
    WORDS[
      Math.max(
        0,
        SHARES.findIndex((share) => (at -= share) < 0),
      )
    ]!;
  return random() < missing ? null : found;
}

test('under local privacy missing values before and now are no drift, and no new category (seeded simulation)', () => {
  const random = seededRandom(21);
  const reference = buildReference({
    features: [
      {
        name: 'colour',
        kind: 'categorical',
        values: Array.from({ length: 20_000 }, () => word(random, 0.3)),
      },
    ],
  });
  const counters = createCounters(reference);
  const reported = new Float64Array(WORDS.length + 1);
  for (let device = 0; device < DEVICES; device += 1) {
    counters.observePrediction();
    counters.observeFeature(0, word(random, 0.3));
    const exact = counters.snapshot({
      model: 'shop',
      version: '1.0.0',
      reference: 'r',
      backend: 'wasm',
      browser: 'chromium',
      segment: '',
      sampling: 0,
      privacy: 0,
      group: 0,
      hour: 1,
    });
    const sent = privatise(exact, 20, reference, random).features[0]!;
    sent.bins.forEach((count, bin) => (reported[bin]! += count));
  }
  const estimated = randomisedResponse(reported.length, 2).estimate(reported);
  expect(reported.reduce((a, b) => a + b, 0)).toBe(DEVICES);
  // The tolerance is 4 standard deviations. Uniform answers for the 30 % without a word would move
  // the first share by 0.12 and the last by 0.06.
  [...SHARES, 0].forEach((share, bin) =>
    expect(
      Math.abs(estimated[bin]! - share),
      `${WORDS[bin] ?? 'other'}: ${estimated[bin]}`,
    ).toBeLessThan(0.025),
  );
});
