import type { Model, Tensor, Tensors } from 'perigee';
import { seededRandom } from '@perigee/profile/analysis';
import type { Fault } from '../../visitor-words.ts';

export const FILLS = ['random', 'zeros', 'ones'] as const;
export type Fill = (typeof FILLS)[number];
export type TensorSignature = Model['signature']['inputs'][number];

/** The inputs of a run, as the visitor chose them. */
export interface InputChoices {
  /** Size of each free dimension, by its key. */
  readonly sizes: Readonly<Record<string, number>>;
  readonly fill: Fill;
}

/** Upper bound, so that a page does not hold inputs of gigabytes. */
const MAX_VALUES = 50_000_000;

/**
 * The free dimensions of a model, by the key under which they are edited. Dimensions with the same
 * name share a key.
 */
export function freeDimensions(inputs: readonly TensorSignature[]): ReadonlyMap<string, string> {
  const free = new Map<string, string>();
  for (const { name, shape } of inputs) {
    for (const [axis, size] of shape.entries()) {
      if (typeof size === 'string') free.set(size, size);
      else if (size === null) free.set(keyOf(name, axis), `${name}[${axis}]`);
    }
  }
  return free;
}

function keyOf(name: string, axis: number): string {
  return `${name} ${axis}`;
}

/** A size for each free dimension: a batch of one, and small images and sequences. */
export function defaultSizes(inputs: readonly TensorSignature[]): Readonly<Record<string, number>> {
  return Object.fromEntries(
    [...freeDimensions(inputs).keys()].map((key) => [key, defaultSize(key, inputs)]),
  );
}

function defaultSize(key: string, inputs: readonly TensorSignature[]): number {
  const isBatch = inputs.some(
    ({ name, shape }) => shape[0] === key || (shape[0] === null && keyOf(name, 0) === key),
  );
  const isImage = inputs.some(
    ({ name, shape }) =>
      shape.length === 4 &&
      shape.some(
        (size, axis) => axis > 0 && (size === key || (size === null && keyOf(name, axis) === key)),
      ),
  );
  return isBatch ? 1 : isImage ? 224 : 16;
}

/** Says which input would be too large for a page; undefined when all fit. */
export function tooManyValues(
  inputs: readonly TensorSignature[],
  sizes: InputChoices['sizes'],
): Fault | undefined {
  for (const input of inputs) {
    const length = shapeOf(input, sizes).reduce((product, size) => product * size, 1);
    if (length > MAX_VALUES)
      return {
        words: `"${input.name}" would have ${length.toLocaleString('en')} values. Choose smaller sizes.`,
        detail: `At most ${MAX_VALUES.toLocaleString('en')} values are made.`,
        mayRetry: false,
      };
  }
  return undefined;
}

/** Values for all inputs, in the chosen sizes. */
export function makeFeeds(
  inputs: readonly TensorSignature[],
  { sizes, fill }: InputChoices,
): Tensors {
  const next = seededRandom(1);
  return Object.fromEntries(
    inputs.map((input) => [
      input.name,
      makeTensor(input, sizes, () => (fill === 'random' ? next() : fill === 'ones' ? 1 : 0)),
    ]),
  );
}

function shapeOf({ name, shape }: TensorSignature, sizes: InputChoices['sizes']): number[] {
  return shape.map((size, axis) =>
    typeof size === 'number'
      ? size
      : (sizes[typeof size === 'string' ? size : keyOf(name, axis)] ?? 1),
  );
}

function makeTensor(
  input: TensorSignature,
  sizes: InputChoices['sizes'],
  next: () => number,
): Tensor {
  const { dtype } = input;
  const shape = shapeOf(input, sizes);
  const length = shape.reduce((product, size) => product * size, 1);
  const values = { length };
  // Whole numbers are mostly indexes and masks; 0 and 1 suit nearly all of them.
  const whole = (): number => Math.round(next());
  switch (dtype) {
    case 'float32':
      return { dtype, shape, data: Float32Array.from(values, next) };
    case 'float64':
      return { dtype, shape, data: Float64Array.from(values, next) };
    // 0x3c00 is 1 in IEEE 754's half precision.
    case 'float16':
      return { dtype, shape, data: Uint16Array.from(values, () => (next() < 0.5 ? 0 : 0x3c00)) };
    case 'int64':
      return { dtype, shape, data: BigInt64Array.from(values, () => BigInt(whole())) };
    case 'uint64':
      return { dtype, shape, data: BigUint64Array.from(values, () => BigInt(whole())) };
    case 'int32':
      return { dtype, shape, data: Int32Array.from(values, whole) };
    case 'uint32':
      return { dtype, shape, data: Uint32Array.from(values, whole) };
    case 'int16':
      return { dtype, shape, data: Int16Array.from(values, whole) };
    case 'uint16':
      return { dtype, shape, data: Uint16Array.from(values, whole) };
    case 'int8':
      return { dtype, shape, data: Int8Array.from(values, whole) };
    case 'uint8':
    case 'bool':
      return { dtype, shape, data: Uint8Array.from(values, whole) };
    default:
      return { dtype: 'string', shape, data: Array.from(values, () => (next() < 0.5 ? 'a' : 'b')) };
  }
}
