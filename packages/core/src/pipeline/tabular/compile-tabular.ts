import { projections } from '@perigee/profile';
import { wordFeatures } from '@perigee/registry';
import type { Pipeline, PreprocessStep, TensorSignature } from '@perigee/registry';
import { PerigeeError } from '../../error.ts';
import type { WireInput } from '../../rpc/protocol.ts';
import type { Tensors } from '../../tensor.ts';
import { VECTOR_STEPS, WORD_STEPS } from '../steps.ts';
import { decodeRow, imputeRow } from './decode-row.ts';
import type { Row } from './decode-row.ts';
import { planInputs } from './plan-inputs.ts';
import type { Place } from './plan-inputs.ts';
import type { WordEncoder } from './words.ts';

type Words = ReadonlyMap<string, readonly string[] | null>;
type StepOf<O extends PreprocessStep['op']> = Extract<PreprocessStep, { op: O }>;

/**
 * Compiles a tabular pipeline: record ▸ impute ▸ words to numbers ▸ scale ▸ tensors.
 * @param where the model's name and version, for error messages
 * @throws PerigeeError INVALID_MANIFEST naming the step that does not fit
 */
export function compileTabular(
  pipeline: Pipeline,
  inputs: readonly TensorSignature[],
  where: string,
): (input: WireInput) => { feeds: Tensors; features: Row } {
  const [first, ...steps] = pipeline.preprocess;
  const features = first?.op === 'tabular' ? first.features : [];
  const opAt = (index: number): string => pipeline.preprocess[index]?.op ?? '';
  const fail = (index: number, why: string): never => {
    throw new PerigeeError(
      'INVALID_MANIFEST',
      `${where}, pipeline.preprocess[${index}] ("${opAt(index)}"): ${why}.`,
    );
  };
  const words: Words = wordFeatures(pipeline, inputs);
  const encoders = encodersOf(steps);
  const { places, width } = placesOf(features, words, encoders);
  const plans = planInputs(pipeline, inputs, places, new Set(encoders.keys()), (why) =>
    fail(0, why),
  );
  const watched = steps.find((step) => step.op === 'project');
  let values: StepOf<'impute'>['values'] | null = null;
  const transforms: ((row: Float64Array) => Float64Array)[] = [];
  for (const [i, step] of steps.entries()) {
    const at = i + 1;
    if (step.op === 'project' || step.op === 'inputs' || step.op in WORD_STEPS) {
      if (step.op === 'project' && words.size > 0)
        fail(at, 'it works on numbers, and the row has words');
    } else if (step.op === 'impute') {
      if (transforms.length > 0) fail(at, 'it must come before scaling');
      checkImputed(step, features, words, (why) => fail(at, why));
      ({ values } = step);
    } else if (step.op === 'standardize') {
      transforms.push(
        VECTOR_STEPS.standardize(
          spread(step, features, words, places, width, (why) => fail(at, why)),
        ),
      );
    } else if (step.op === 'rescale') {
      if (words.size > 0)
        fail(at, 'it works on numbers, and the row has words. Use "standardize" with "features"');
      transforms.push(VECTOR_STEPS.rescale(step));
    } else fail(at, 'it does not work on a row of numbers');
  }
  return (input) => {
    const row = decodeRow(input, features, words);
    const filled = imputeRow(row, values, features);
    const encoded = transforms.reduce(
      (vector, step) => step(vector),
      encode(filled, width, places, encoders),
    );
    const feeds = Object.fromEntries(
      plans.map(({ name, tensor }) => [name, tensor(filled, encoded)]),
    );
    return {
      feeds,
      features: watched ? projections(row as (number | null)[], watched.count, watched.seed) : row,
    };
  };
}

function encodersOf(steps: readonly PreprocessStep[]): ReadonlyMap<string, WordEncoder> {
  const found = new Map<string, WordEncoder>();
  for (const step of steps) {
    if (step.op === 'index') found.set(step.feature, WORD_STEPS.index(step));
    if (step.op === 'one-hot') found.set(step.feature, WORD_STEPS['one-hot'](step));
  }
  return found;
}

/** Gives each feature its slots in the encoded row. Text that the model takes as text has none. */
function placesOf(
  features: readonly string[],
  words: Words,
  encoders: ReadonlyMap<string, WordEncoder>,
): { places: ReadonlyMap<string, Place>; width: number } {
  const places = new Map<string, Place>();
  let start = 0;
  for (const [index, feature] of features.entries()) {
    const width = encoders.get(feature)?.width ?? (words.has(feature) ? 0 : 1);
    places.set(feature, { index, start, width });
    start += width;
  }
  return { places, width: start };
}

function encode(
  row: readonly (number | string)[],
  width: number,
  places: ReadonlyMap<string, Place>,
  encoders: ReadonlyMap<string, WordEncoder>,
): Float64Array {
  const encoded = new Float64Array(width);
  for (const [feature, { index, start, width: size }] of places) {
    const value = row[index];
    const encoder = encoders.get(feature);
    if (encoder) encoder.write(String(value), encoded, start);
    else if (size > 0) encoded[start] = Number(value);
  }
  return encoded;
}

function checkImputed(
  { values }: StepOf<'impute'>,
  features: readonly string[],
  words: Words,
  fail: (why: string) => never,
): void {
  if (values.length !== features.length)
    fail(`its lists must have ${features.length} numbers, one a feature`);
  for (const [i, feature] of features.entries()) {
    const value = values[i];
    if (words.has(feature) !== (typeof value === 'string'))
      fail(
        `"${feature}" takes ${words.has(feature) ? 'words' : 'numbers'}, ` +
          `and ${JSON.stringify(value)} is none`,
      );
  }
}

/**
 * Expands the mean and standard deviation to each number of the encoded row. Features that are not
 * named get 0 and 1.
 */
function spread(
  { features: named, mean, std }: StepOf<'standardize'>,
  features: readonly string[],
  words: Words,
  places: ReadonlyMap<string, Place>,
  width: number,
  fail: (why: string) => never,
): StepOf<'standardize'> {
  if (!named && words.size > 0) fail('the row has words: name the features to scale in "features"');
  const scaled = named ?? features;
  if (mean.length !== scaled.length || std.length !== scaled.length)
    fail(`its lists must have ${scaled.length} numbers, one a feature`);
  const [means, stds] = [
    Array.from({ length: width }, () => 0),
    Array.from({ length: width }, () => 1),
  ];
  for (const [i, feature] of scaled.entries()) {
    if (words.has(feature)) fail(`"${feature}" takes words, which are not scaled`);
    const at = places.get(feature)?.start ?? 0;
    means[at] = mean[i] ?? 0;
    stds[at] = std[i] ?? 1;
  }
  return { op: 'standardize', mean: means, std: stds };
}
