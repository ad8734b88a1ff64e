import { spreadLists } from '@perigee/registry';
import type {
  GoldenSamples,
  GoldenTensor,
  Signature,
  TensorSignature,
  Tolerance,
} from '@perigee/registry';
import type { EngineSession } from '../engines/engine.ts';
import type { Tensor, Tensors } from '../tensor.ts';
import { toNumbers } from '../dtypes.ts';
import { tensorFromGolden } from './golden.ts';

/**
 * Sizes for free dimensions other than the batch, tried in order. A network that downsamples images
 * needs a minimum size.
 */
const FREE_SIZES = [8, 64, 224];
const SAMPLES = 2;
/** Tolerance between the outputs of two backends for the same probes. */
export const PROBE_TOLERANCE: Tolerance = { atol: 1e-3, rtol: 1e-2 };
/** Most values of a made-up input: free dimensions must not make it hundreds of megabytes. */
const MAX_VALUES = 2 ** 22;
/** Most values when a call gives the shapes, which cannot always be made smaller. */
const MAX_CALL_VALUES = 2 ** 25;
/** There is no second sample after a run that took longer than this. */
const ENOUGH_MS = 1_000;

/** The shape of each input. */
export type InputShapes = Readonly<Record<string, readonly number[]>>;

/** Gives the shape for an input of the signature; null when none can be made up. */
type ShapeOf = (input: TensorSignature) => readonly number[] | null;

/**
 * Makes golden samples for a model that has none, from made-up inputs and this session's outputs.
 * They show whether another backend gives the same outputs, not whether either is right.
 * @param like shapes of a call; without them every free dimension gets one of a few sizes
 * @returns null when the model cannot run on any of the made-up inputs
 */
export async function probeSession(
  { signature, run }: Pick<EngineSession, 'signature' | 'run'>,
  like: InputShapes | null = null,
): Promise<GoldenSamples | null> {
  for (const shapeOf of like ? shapesLike(signature, like) : freeShapes(signature)) {
    const inputs = madeUpFeeds(signature, shapeOf, like);
    if (!inputs) continue;
    try {
      const samples = [];
      for (const [index, feeds] of inputs.entries()) {
        const startMs = performance.now();
        const outputs = await run(
          Object.fromEntries(
            Object.entries(feeds).map(([name, tensor]) => [name, tensorFromGolden(tensor)]),
          ),
        );
        samples.push({ id: `probe ${index + 1}`, feeds, outputs: asGolden(outputs) });
        if (performance.now() - startMs > ENOUGH_MS) break;
      }
      return { schema: 'perigee-golden/1', samples };
    } catch {
      // The model may accept the next size.
    }
  }
  return null;
}

function freeShapes(signature: Signature): readonly ShapeOf[] {
  const sizes = hasFree(signature) ? FREE_SIZES : FREE_SIZES.slice(0, 1);
  return sizes.map((size) => (input) => sizesOf(input, size));
}

/**
 * The shapes of a call. Large ones are tried with fewer rows first: every input whose first
 * dimension is free and equals the largest input's gets the same smaller size. The full shapes
 * follow, because the model may not run with fewer rows.
 */
function shapesLike({ inputs }: Signature, like: InputShapes): readonly ShapeOf[] {
  const whole: ShapeOf = (input) => like[input.name] ?? sizesOf(input, FREE_SIZES[0] ?? 1);
  const largest = Object.values(like).reduce<readonly number[]>(
    (most, shape) => (lengthOf(shape) > lengthOf(most) ? shape : most),
    [],
  );
  const [rows = 1] = largest;
  const fewer = Math.floor((rows * MAX_VALUES) / lengthOf(largest));
  const isByRow = ({ name, shape }: TensorSignature): boolean =>
    like[name]?.[0] === rows && typeof shape[0] !== 'number';
  const isSmaller = fewer > 0 && fewer < rows && inputs.some(isByRow);
  const less: ShapeOf = (input) => {
    const shape = whole(input);
    return shape && isByRow(input) ? [fewer, ...shape.slice(1)] : shape;
  };
  return isSmaller ? [less, whole] : [whole];
}

function madeUpFeeds(
  signature: Signature,
  shapeOf: ShapeOf,
  like: InputShapes | null,
): Record<string, GoldenTensor>[] | null {
  const next = seeded(1);
  const samples: Record<string, GoldenTensor>[] = [];
  const given = signature.inputs.filter(({ name, optional }) => !optional || like?.[name]);
  const shapes = new Map(given.map((input) => [input, shapeOf(input)]));
  const most = Math.max(0, ...[...shapes.values()].map((shape) => lengthOf(shape ?? [])));
  if (most > (like ? MAX_CALL_VALUES : MAX_VALUES)) return null;
  // A large call gets one sample: two would double the memory.
  const count = most > MAX_VALUES ? 1 : SAMPLES;
  for (let sample = 0; sample < count; sample += 1) {
    const feeds: Record<string, GoldenTensor> = {};
    for (const [input, shape] of shapes) {
      const tensor = shape && madeUp(input.dtype, shape, next);
      if (!tensor) return null;
      feeds[input.name] = tensor;
    }
    samples.push(feeds);
  }
  return samples;
}

function lengthOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** A made-up shape with one row. Null for an unknown rank, where any shape would be a guess. */
function sizesOf({ shape, rank }: TensorSignature, freeSize: number): readonly number[] | null {
  if (rank === 'unknown') return null;
  return shape.map((size, axis) => (typeof size === 'number' ? size : axis === 0 ? 1 : freeSize));
}

function madeUp(
  dtype: GoldenTensor['dtype'],
  shape: readonly number[],
  next: () => number,
): GoldenTensor | null {
  const length = lengthOf(shape);
  if (dtype === 'string') return null;
  const isFloat = dtype.startsWith('float');
  // Integers are mostly indexes and masks, where 0 and 1 are nearly always valid.
  return {
    dtype,
    shape,
    data: Array.from({ length }, () =>
      isFloat ? next() * 2 - 1 : dtype === 'bool' ? next() < 0.5 : Math.round(next()),
    ),
  };
}

function hasFree({ inputs }: Signature): boolean {
  return inputs.some(({ shape }) =>
    shape.some((size, axis) => axis > 0 && typeof size !== 'number'),
  );
}

function asGolden(tensors: Tensors): Record<string, GoldenTensor> {
  return Object.fromEntries(
    Object.entries(spreadLists<Tensor>(tensors)).map(([name, { dtype, shape, data }]) => [
      name,
      { dtype, shape, data: toNumbers(dtype, data) },
    ]),
  );
}

/**
 * The Mulberry32 generator, as `seededRandom` of `@perigee/profile/analysis`: a fixed seed gives the
 * same inputs on every device. Importing it would load all statistics at each start in Node.
 */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
