import { spreadLists } from '@perigee/registry';
import type {
  Dtype,
  GoldenSample,
  GoldenSamples,
  GoldenTensor,
  Tolerance,
} from '@perigee/registry';
import type { Tensor, Tensors } from '../tensor.ts';
import { fromValues, toNumbers } from '../dtypes.ts';

export interface GoldenResult {
  readonly passed: boolean;
  /** Largest |got − expected| over all outputs. */
  readonly maxError: number;
  /** Milliseconds of the first run, which includes late compilation. */
  readonly firstMs: number;
  /** Median milliseconds of a later run; 0 when a sample failed, undefined when not timed. */
  readonly medianMs: number | undefined;
  /** The first sample that failed and how. */
  readonly failure?: string;
}

/**
 * Number of timed blocks after the comparison. Each repeats the run for BLOCK_MS, because some
 * clocks tick only every 0.1 ms.
 */
const BLOCKS = 3;
const BLOCK_MS = 2;
const MAX_RUNS_PER_BLOCK = 100;
/** Runs are not repeated any further once they have taken this long. */
const ENOUGH_MS = 1_000;
/** A sample that takes longer than this is timed only when its time is asked for. */
const SLOW_MS = 10;

/**
 * Runs every golden sample, compares the outputs, then measures the latency. A value passes if
 * |got − expected| ≤ atol + rtol·|expected|, as in numpy.isclose. NaN equals only NaN.
 * @param timesSlow whether a slow model is timed too
 */
export async function runGolden(
  { samples }: GoldenSamples,
  run: (feeds: Tensors) => Promise<Tensors>,
  tolerance: Tolerance,
  timesSlow = true,
): Promise<GoldenResult> {
  let firstMs: number | undefined;
  let lastMs = 0;
  let maxError = 0;
  let failure: string | undefined;
  for (const sample of samples) {
    const feeds = feedsOf(sample);
    const start = performance.now();
    const outputs = spreadLists<Tensor>(await run(feeds));
    lastMs = performance.now() - start;
    firstMs ??= lastMs;
    for (const [name, expected] of Object.entries(sample.outputs)) {
      const { error, fault } = compare(outputs[name], expected, tolerance);
      maxError = Math.max(maxError, error);
      if (fault) failure ??= `sample "${sample.id}", output "${name}": ${fault}`;
    }
  }
  const [sample] = samples;
  const isTimed = samples.length > 1 && lastMs > ENOUGH_MS;
  const time = (): Promise<number | undefined> | number => {
    if (!sample || isTimed) return lastMs;
    return timesSlow || lastMs <= SLOW_MS ? timeSample(sample, run) : Promise.resolve(undefined);
  };
  // The latency of a model with wrong outputs is of no use.
  const medianMs = failure === undefined ? await time() : 0;
  return {
    passed: failure === undefined,
    maxError,
    firstMs: firstMs ?? 0,
    medianMs,
    ...(failure !== undefined && { failure }),
  };
}

/** Does work while nothing else runs. */
export type InTurn = <T>(work: () => Promise<T>) => Promise<T>;

/**
 * Median milliseconds of a run of a sample.
 * @param inTurn keeps calls from running meanwhile, whose time would be counted
 */
export function timeSample(
  sample: GoldenSample,
  run: (feeds: Tensors) => Promise<unknown>,
  inTurn: InTurn = (work) => work(),
): Promise<number> {
  const feeds = feedsOf(sample);
  return timeRuns(() => run(feeds), inTurn);
}

function feedsOf(sample: GoldenSample): Tensors {
  return Object.fromEntries(
    Object.entries(sample.feeds).map(([name, tensor]) => [name, tensorFromGolden(tensor)]),
  );
}

async function timeRuns(run: () => Promise<unknown>, inTurn: InTurn): Promise<number> {
  const perRun: number[] = [];
  const timeBlock = async (): Promise<void> => {
    const start = performance.now();
    let runs = 0;
    do {
      await run();
      runs += 1;
    } while (performance.now() - start < BLOCK_MS && runs < MAX_RUNS_PER_BLOCK);
    perRun.push((performance.now() - start) / runs);
  };
  const startMs = performance.now();
  for (let block = 0; block < BLOCKS && performance.now() - startMs < ENOUGH_MS; block += 1)
    await inTurn(timeBlock);
  return perRun.toSorted((a, b) => a - b)[perRun.length >> 1] ?? 0;
}

export function tensorFromGolden({ dtype, shape, data }: GoldenTensor): Tensor {
  return { dtype: dtype as Dtype, shape, data: fromValues(dtype as Dtype, data) } as Tensor;
}

function compare(
  got: Tensor | undefined,
  expected: GoldenTensor,
  { atol, rtol }: Tolerance,
): { error: number; fault?: string } {
  if (!got) return { error: Infinity, fault: 'it is missing' };
  if (got.dtype !== expected.dtype || got.shape.join() !== expected.shape.join()) {
    return {
      error: Infinity,
      fault:
        `expected ${expected.dtype} [${expected.shape.join(', ')}], got ` +
        `${got.dtype} [${got.shape.join(', ')}]`,
    };
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
    if (!(off <= atol + rtol * Math.abs(want)))
      fault ??= `value ${i} is ${value}, expected ${want} within ${atol} + ${rtol} × |expected|`;
  }
  return { error, ...(fault !== undefined && { fault }) };
}
