import { seededRandom } from '@perigee/profile/analysis';
import type { GoldenSample, GoldenSamples, Signature, Tolerance } from '@perigee/registry';
import type { Tensor, Tensors } from 'perigee';
import { CommandError } from '../../command.ts';
import { messageOf } from '../../message-of.ts';
import { fromGolden, makeTensor, toGolden, valuesOf } from './golden-tensors.ts';
import type { RunningModel } from '../run-model.ts';

export const DEFAULT_TOLERANCE = {
  default: { atol: 1e-4, rtol: 1e-3 },
  webgpu: { atol: 2e-3, rtol: 2e-3 },
} as const satisfies Record<string, Tolerance>;

export const MAX_GOLDEN_COUNT = 64;
const DEFAULT_COUNT = 8;
/**
 * Number of values in golden samples. Devices download them too, at some 6 bytes per value, so
 * large inputs get fewer samples by default.
 */
const VALUES_BUDGET = 100_000;

/**
 * Creates golden samples from given rows, or from seeded random inputs, by running the model here.
 * In the last of several random samples, free dimensions are 2 instead of 1, because some backends
 * are wrong from the second item of a batch on.
 * @param rows feeds of real rows; the first `count` are used
 */
export async function makeGolden(
  model: RunningModel,
  count: number | undefined,
  rows: readonly Tensors[] = [],
): Promise<GoldenSamples> {
  const wanted = count ?? defaultCount(model.signature);
  const samples: GoldenSample[] = [];
  const add = async (id: string, feeds: Tensors): Promise<void> => {
    samples.push({ id, feeds: toGolden(feeds), outputs: toGolden(await model.run(feeds)) });
  };
  if (rows.length > 0) {
    for (const [i, feeds] of rows.slice(0, wanted).entries()) await add(`row-${i + 1}`, feeds);
    return { schema: 'perigee-golden/1', samples };
  }
  const random = seededRandom(20_261_120);
  for (let i = 0; i < wanted; i += 1) {
    const free = wanted > 1 && i === wanted - 1 ? 2 : 1;
    try {
      await add(
        `random-${i + 1}`,
        Object.fromEntries(
          model.signature.inputs
            .filter(({ optional }) => !optional)
            .map((input) => [input.name, randomTensor(input, free, random)]),
        ),
      );
    } catch (cause) {
      // Some models reject a batch of two.
      if (free === 2) continue;
      throw new CommandError(
        `The model cannot be run on random inputs (${messageOf(cause)}). Give samples it can be ` +
          'run on: --golden golden.json',
        { cause },
      );
    }
  }
  return { schema: 'perigee-golden/1', samples };
}

export interface GoldenRow {
  readonly id: string;
  readonly output: string;
  /** Largest |got − expected|. Null if it is undefined: another shape, text, NaN. */
  readonly maxError: number | null;
  readonly passed: boolean;
}

/**
 * Runs the samples here and compares, so that a release never has expectations that its own model
 * fails.
 * @throws CommandError when there are no samples
 */
export async function checkGolden(
  model: RunningModel,
  { samples }: GoldenSamples,
  tolerance: Tolerance,
): Promise<GoldenRow[]> {
  if (samples.length === 0)
    throw new CommandError(
      'There are no golden samples. Without them a device cannot check its results.',
    );
  const rows: GoldenRow[] = [];
  for (const { id, feeds, outputs } of samples) {
    if (Object.keys(outputs).length === 0)
      throw new CommandError(`Golden sample "${id}" expects no output.`);
    const got = await model.run(
      Object.fromEntries(Object.entries(feeds).map(([name, tensor]) => [name, fromGolden(tensor)])),
    );
    for (const [name, expected] of Object.entries(outputs)) {
      const tensor = got[name];
      if (!tensor)
        throw new CommandError(
          `Golden sample "${id}" expects an output "${name}". The model has: ` +
            `${Object.keys(got).join(', ')}.`,
        );
      rows.push({ id, output: name, ...compare(tensor, fromGolden(expected), tolerance) });
    }
  }
  return rows;
}

/**
 * Compares by |got − expected| ≤ atol + rtol·|expected| for each value. Text, NaN and infinities
 * must be equal.
 */
function compare(
  got: Tensor,
  expected: Tensor,
  { atol, rtol }: Tolerance,
): Pick<GoldenRow, 'maxError' | 'passed'> {
  if (got.dtype !== expected.dtype || got.shape.join() !== expected.shape.join())
    return { maxError: null, passed: false };
  const wanted = valuesOf(expected);
  let maxError: number | null = 0;
  let passed = true;
  for (const [i, value] of valuesOf(got).entries()) {
    const want = wanted[i];
    if (Object.is(value, want)) continue;
    const error = got.dtype === 'string' ? Number.NaN : Math.abs(Number(value) - Number(want));
    if (Number.isFinite(error)) maxError = maxError === null ? null : Math.max(maxError, error);
    else maxError = null;
    passed &&= error <= atol + rtol * Math.abs(Number(want)) && Number.isFinite(error);
  }
  return { maxError, passed };
}

function defaultCount({ inputs }: Signature): number {
  const values = inputs.reduce(
    (sum, { shape }) =>
      sum +
      shape.reduce<number>((product, size) => product * (typeof size === 'number' ? size : 1), 1),
    0,
  );
  return Math.max(1, Math.min(DEFAULT_COUNT, Math.floor(VALUES_BUDGET / Math.max(1, values))));
}

/**
 * A random tensor. Floats have 16 steps from 0 to 1, which are exact in every float type and short
 * in JSON. Other types are 0 or 1, which every vocabulary has.
 */
function randomTensor(
  { dtype, shape }: Signature['inputs'][number],
  free: number,
  random: () => number,
): Tensor {
  const sizes = shape.map((size) => (typeof size === 'number' ? size : free));
  const length = sizes.reduce((product, size) => product * size, 1);
  return makeTensor(
    dtype,
    sizes,
    Array.from({ length }, () =>
      dtype.startsWith('float') ? Math.floor(random() * 16) / 16 : Math.floor(random() * 2),
    ),
  );
}
