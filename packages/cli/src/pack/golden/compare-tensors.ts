import type { Tensor } from 'perigee';
import { valuesOf } from './golden-tensors.ts';

export interface Comparison {
  /** Largest |got − expected|; `sum` and `count` give its mean. */
  readonly maxError: number;
  readonly sum: number;
  readonly count: number;
  /** Largest |got − expected| − rtol × |expected|. */
  readonly excess: number;
  readonly largestExpected: number;
  /** Why they cannot be compared numerically; null if they can. */
  readonly fault: string | null;
}

const NOTHING = { maxError: 0, sum: 0, count: 0, excess: 0, largestExpected: 0 };

export function compareTensors(
  got: Tensor | undefined,
  expected: Tensor,
  rtol: number,
): Comparison {
  if (!got) return { ...NOTHING, fault: 'it is missing' };
  const kind = ({ dtype, shape }: Tensor): string => `${dtype} [${shape.join(', ')}]`;
  if (kind(got) !== kind(expected))
    return { ...NOTHING, fault: `it is ${kind(got)}, expected ${kind(expected)}` };
  const [values, wanted] = [valuesOf(got), valuesOf(expected)];
  // Classes, indices and texts must be equal.
  const exact = !got.dtype.startsWith('float');
  let [maxError, sum, excess, largestExpected] = [0, 0, 0, 0];
  for (const [i, value] of values.entries()) {
    const want = wanted[i];
    if (Object.is(value, want)) {
      if (typeof want === 'number' && Number.isFinite(want))
        largestExpected = Math.max(largestExpected, Math.abs(want));
      continue;
    }
    const error = Math.abs(Number(value) - Number(want));
    if (exact || !Number.isFinite(error))
      return { ...NOTHING, fault: `value ${i} is ${value}, expected ${want}` };
    maxError = Math.max(maxError, error);
    sum += error;
    excess = Math.max(excess, error - rtol * Math.abs(Number(want)));
    largestExpected = Math.max(largestExpected, Math.abs(Number(want)));
  }
  return { maxError, sum, count: values.length, excess, largestExpected, fault: null };
}

/** The index of the largest score in each row. Rows lie along the last dimension. */
export function bestOfRows(tensor: Tensor): number[] {
  const values = valuesOf(tensor).map(Number);
  const width = tensor.shape.at(-1) || values.length || 1;
  return Array.from({ length: values.length / width }, (_, row) => {
    const scores = values.slice(row * width, (row + 1) * width);
    return scores.reduce((best, score, i) => (score > (scores[best] ?? -Infinity) ? i : best), 0);
  });
}
