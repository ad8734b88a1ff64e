import { expect, test } from 'vitest';
import { ALL_KINDS, describeCase, makeCase } from '../../../../../../scripts/fuzz/cases.mjs';
import { describeGraph } from '../../../../../../scripts/fuzz/graphs.mjs';
import { checkGraph } from '../../../../../../scripts/fuzz/rows.mjs';
import { checkShapes } from '../../../../../../scripts/fuzz/shapes.mjs';

/** Number of cases per operator. `npm run fuzz:shapes` runs more. */
const ROUNDS = 15;
const GRAPHS = 600;
/** Operators whose result has a size that depends on the values of an input. */
const OF_VALUES = ['NonZero', 'Unique', 'Compress'];

test.each(ALL_KINDS)('%s: inferred shapes are those of ONNX Runtime', async (kind) => {
  const wrong: string[] = [];
  const counts = { agreed: 0, different: 0, unknown: 0, unchecked: 0 };
  for (let round = 0; round < ROUNDS; round += 1) {
    const one = makeCase(1_000 + round, [kind]);
    const { verdict, how } = await checkShapes(one);
    if (verdict === 'different') wrong.push(`${describeCase(one)}\n → ${how}`);
    counts[verdict] += 1;
  }
  expect(wrong).toEqual([]);
  // An unknown shape is never wrong, but is of no use either.
  if (!OF_VALUES.includes(kind)) expect(counts.agreed).toBeGreaterThan(counts.unknown);
});

test('independent rows of random graphs get the same answers together as alone', async () => {
  const wrong: string[] = [];
  const counts = { independent: 0, different: 0, coupled: 0, unknown: 0, unchecked: 0 };
  for (const seed of Array.from({ length: GRAPHS }, (_, i) => 50_000 + i)) {
    const { verdict, how, made } = await checkGraph(seed);
    if (verdict === 'different') wrong.push(`${describeGraph(made)}\n → ${how}`);
    counts[verdict] += 1;
  }
  expect(wrong).toEqual([]);
  expect(counts.independent).toBeGreaterThan(0.2 * GRAPHS);
});
