import type { Dtype, GoldenSamples, GoldenTensor, Tolerance } from '@perigee/registry';
import type { Tensor, Tensors } from '../tensor.ts';
import { fromValues, toNumbers } from './dtypes.ts';

export interface GoldenResult {
  readonly passed: boolean;
  /** Largest |got − expected| over all outputs. */
  readonly maxError: number;
  /** Median time of a sample, the first (compiling) run left out where there are several. */
  readonly medianMs: number;
  /** The first sample that failed and how. */
  readonly failure?: string;
}

/** Runs every golden sample and compares: |got − expected| ≤ atol + rtol·|expected| for each value. NaN equals only NaN. */
export async function runGolden({ samples }: GoldenSamples, run: (feeds: Tensors) => Promise<Tensors>, tolerance: Tolerance): Promise<GoldenResult> {
  const times: number[] = [];
  let maxError = 0;
  let failure: string | undefined;
  for (const sample of samples) {
    const feeds = Object.fromEntries(Object.entries(sample.feeds).map(([name, tensor]) => [name, tensorFromGolden(tensor)]));
    const start = performance.now();
    const outputs = await run(feeds);
    times.push(performance.now() - start);
    for (const [name, expected] of Object.entries(sample.outputs)) {
      const { error, fault } = compare(outputs[name], expected, tolerance);
      maxError = Math.max(maxError, error);
      if (fault) failure ??= `sample "${sample.id}", output "${name}": ${fault}`;
    }
  }
  const steady = (times.length > 1 ? times.slice(1) : times).toSorted((a, b) => a - b);
  return { passed: failure === undefined, maxError, medianMs: steady[steady.length >> 1] ?? 0, ...(failure !== undefined && { failure }) };
}

export function tensorFromGolden({ dtype, shape, data }: GoldenTensor): Tensor {
  return { dtype: dtype as Dtype, shape, data: fromValues(dtype as Dtype, data) } as Tensor;
}

function compare(got: Tensor | undefined, expected: GoldenTensor, { atol, rtol }: Tolerance): { error: number; fault?: string } {
  if (!got) return { error: Infinity, fault: 'it is missing' };
  if (got.dtype !== expected.dtype || got.shape.join() !== expected.shape.join()) {
    return { error: Infinity, fault: `expected ${expected.dtype} [${expected.shape.join(', ')}], got ${got.dtype} [${got.shape.join(', ')}]` };
  }
  const wanted = toNumbers(got.dtype, fromValues(got.dtype, expected.data));
  let error = 0;
  let fault: string | undefined;
  for (const [i, value] of toNumbers(got.dtype, got.data).entries()) {
    const want = wanted[i];
    if (typeof value === 'string' || typeof want === 'string') {
      if (value !== want) fault ??= `value ${i} is "${value}", expected "${want}"`;
      continue;
    }
    if (want === undefined || Object.is(value, want) || value === want) continue;
    const off = Math.abs(value - want);
    error = Math.max(error, Number.isNaN(off) ? Infinity : off);
    if (!(off <= atol + rtol * Math.abs(want))) fault ??= `value ${i} is ${value}, expected ${want} within ${atol} + ${rtol} × |expected|`;
  }
  return { error, ...(fault !== undefined && { fault }) };
}
