import type { InputFeatures, Pipeline } from './pipeline.ts';
import type { TensorSignature } from './signature.ts';

/**
 * The features of each input of a model with a tabular pipeline, as its step "inputs" lists them.
 * Without that step a single input takes all features, and each of several inputs takes the feature
 * of its own name.
 * @example
 * ```ts
 * inputFeatures(pipeline, signature.inputs); // [{ name: 'x', features: ['age', 'income'] }]
 * ```
 */
export function inputFeatures(
  { preprocess }: Pipeline,
  inputs: readonly TensorSignature[],
): readonly InputFeatures[] {
  const [first] = preprocess;
  const features = first?.op === 'tabular' ? first.features : [];
  for (const step of preprocess) if (step.op === 'inputs') return step.inputs;
  const [only] = inputs;
  if (only && inputs.length === 1) return [{ name: only.name, features }];
  return inputs
    .filter(({ name }) => features.includes(name))
    .map(({ name }) => ({ name, features: [name] }));
}

/**
 * Features that take words instead of numbers, with their vocabulary. A feature whose model input
 * is text has no vocabulary: null.
 * @example
 * ```ts
 * wordFeatures(pipeline, signature.inputs).get('country'); // ['DE', 'FR']
 * ```
 */
export function wordFeatures(
  pipeline: Pipeline,
  inputs: readonly TensorSignature[],
): ReadonlyMap<string, readonly string[] | null> {
  const found = new Map<string, readonly string[] | null>();
  for (const { name, features } of inputFeatures(pipeline, inputs)) {
    if (inputs.find((one) => one.name === name)?.dtype !== 'string') continue;
    for (const feature of features) found.set(feature, null);
  }
  for (const step of pipeline.preprocess) {
    if (step.op === 'index' || step.op === 'one-hot') found.set(step.feature, step.words);
  }
  return found;
}
