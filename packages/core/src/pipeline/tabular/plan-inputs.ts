import { inputFeatures } from '@perigee/registry';
import type { InputFeatures, Pipeline, TensorSignature } from '@perigee/registry';
import type { Tensor } from '../../tensor.ts';
import { tensorOf } from './tensor-of.ts';

/** The slots of a feature in the encoded row. A text feature has none: its `width` is 0. */
export interface Place {
  readonly index: number;
  readonly start: number;
  readonly width: number;
}

/** Makes the tensor of one input from a row. */
export interface InputPlan {
  readonly name: string;
  tensor(row: readonly (number | string)[], encoded: Float64Array): Tensor;
}

/**
 * Makes a plan for each input that the pipeline feeds.
 * @param fail throws; called when an input and its features do not fit each other
 */
export function planInputs(
  pipeline: Pipeline,
  inputs: readonly TensorSignature[],
  places: ReadonlyMap<string, Place>,
  encoded: ReadonlySet<string>,
  fail: (why: string) => never,
): InputPlan[] {
  const fed = inputFeatures(pipeline, inputs);
  const all = inputs.map(({ name }) => name).join(', ');
  const named = new Set(fed.flatMap(({ features }) => features));
  const unused = [...places.keys()].find((feature) => !named.has(feature));
  if (unused !== undefined)
    fail(
      `feature "${unused}" goes to no input. The model has: ${all}. ` +
        'Name them in a step "inputs"',
    );
  for (const { name, optional } of inputs) {
    if (!optional && !fed.some((one) => one.name === name))
      fail(`input "${name}" gets no feature. Name its features in a step "inputs"`);
  }
  return fed.map((one) => {
    const input = inputs.find(({ name }) => name === one.name);
    if (!input) return fail(`there is no input "${one.name}". The model has: ${all}`);
    return input.dtype === 'string'
      ? planText(input, one, places, encoded, fail)
      : planNumbers(input, one, places, fail);
  });
}

function planText(
  input: TensorSignature,
  { name, features }: InputFeatures,
  places: ReadonlyMap<string, Place>,
  encoded: ReadonlySet<string>,
  fail: (why: string) => never,
): InputPlan {
  const numeric = features.find((feature) => encoded.has(feature));
  if (numeric !== undefined)
    fail(`feature "${numeric}" is made a number, but input "${name}" takes text`);
  checkWidth(input, features.length, features.length, fail);
  const indexes = features.map((feature) => places.get(feature)?.index ?? 0);
  return {
    name,
    tensor: (row) =>
      tensorOf(
        input,
        indexes.map((index) => row[index] ?? ''),
        features,
      ),
  };
}

function planNumbers(
  input: TensorSignature,
  { name, features }: InputFeatures,
  places: ReadonlyMap<string, Place>,
  fail: (why: string) => never,
): InputPlan {
  const slots: number[] = [];
  const names: string[] = [];
  for (const feature of features) {
    const { start = 0, width = 0 } = places.get(feature) ?? {};
    if (width === 0)
      fail(
        `feature "${feature}" is a word, but input "${name}" takes numbers (${input.dtype}). ` +
          'Add "index" or "one-hot"',
      );
    for (let i = 0; i < width; i += 1) {
      slots.push(start + i);
      names.push(feature);
    }
  }
  checkWidth(input, slots.length, features.length, fail);
  return {
    name,
    tensor(_row, encoded) {
      const values = new Float64Array(slots.length);
      for (const [i, slot] of slots.entries()) values[i] = encoded[slot] ?? 0;
      return tensorOf(input, values, names);
    },
  };
}

function checkWidth(
  { name, shape, rank }: TensorSignature,
  width: number,
  features: number,
  fail: (why: string) => never,
): void {
  if (rank === 'unknown') return;
  // A single free dimension is the batch: each row has one value.
  const size = shape.length === 1 && typeof shape[0] !== 'number' ? 1 : shape.at(-1);
  if (typeof size !== 'number' || size === width) return;
  fail(
    width === features
      ? `it names ${features} features, but input "${name}" takes ${size}`
      : `it makes ${width} numbers of ${features} features, but input "${name}" takes ${size}. ` +
          'See the words of "one-hot", and its place for other ones',
  );
}
