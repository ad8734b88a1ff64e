import { expect, test } from 'vitest';
import { describeCase, fuzz, KINDS } from './cases.mjs';
import { check } from './compare.mjs';
import { PAST } from './past-differences.ts';

/** Number of cases of each kind; `npm run fuzz:instant` runs more. */
const ROUNDS = 40;

test('random models of one node give what ONNX Runtime gives, or are refused', async () => {
  const differences: string[] = [];
  const { counts } = await fuzz({
    seed: 1,
    cases: ROUNDS * KINDS.length,
    onDifference: (one, how) => differences.push(`${describeCase(one)}\n → ${how}`),
  });
  expect(differences).toEqual([]);
  // Otherwise the generators make models that nothing runs.
  expect(counts.agreed).toBeGreaterThan(0.9 * counts.cases);
});

test.each(PAST)('%s: %s', async (_what, verdict, one) => {
  expect(await check(one)).toMatchObject({ verdict });
});
