import { LIMITS } from './limits.ts';
import type { InputFeatures, PreprocessStep } from './pipeline.ts';
import type { Reader } from './reader.ts';

/** Features are keys of the records that apps pass. This key sets an object's prototype. */
const NO_KEY = '__proto__';

function featureName(field: Reader): string {
  return field.text(256) === NO_KEY ? field.fail(`a name other than "${NO_KEY}"`) : field.text();
}

export function featureNames(field: Reader): string[] {
  const list = field.list(LIMITS.features, featureName);
  if (new Set(list).size !== list.length) field.fail('names that are all different');
  return list;
}

export function featuresByInput(field: Reader): InputFeatures[] {
  const list = field.list(LIMITS.tensors, (item) => {
    const features = featureNames(item.field('features'));
    if (features.length === 0) item.field('features').fail('at least one feature');
    return { name: item.field('name').text(1_024), features };
  });
  if (new Set(list.map(({ name }) => name)).size !== list.length)
    field.fail('inputs with different names');
  return list;
}

/** A feature and its words. */
export function featureWords(field: Reader): {
  readonly feature: string;
  readonly words: string[];
} {
  const feature = featureName(field.field('feature'));
  return { feature, words: vocabulary(field.field('words')) };
}

/** The words of a feature: at least one, all different. */
function vocabulary(field: Reader): string[] {
  const words = field.list(LIMITS.words, (item) => item.text(LIMITS.wordLength));
  if (words.length === 0) field.fail('at least one word');
  const seen = new Set<string>();
  for (const word of words) {
    if (seen.has(word)) field.fail(`different words; "${word.slice(0, 40)}" occurs twice`);
    seen.add(word);
  }
  return words;
}

/**
 * Checks that each feature a step names is one that the pipeline takes, and that each feature has
 * at most one encoding.
 * @throws RegistryError INVALID_MANIFEST naming the step
 */
export function checkFeatureNames(steps: readonly PreprocessStep[], field: Reader): void {
  const [first] = steps;
  const known = new Set(first?.op === 'tabular' ? first.features : []);
  const encoded = new Set<string>();
  for (const [i, step] of steps.entries()) {
    for (const name of namedBy(step)) {
      if (!known.has(name))
        failAt(field, i, `features that "tabular" names; it does not name "${name}"`);
    }
    if (step.op !== 'index' && step.op !== 'one-hot') continue;
    if (encoded.has(step.feature))
      failAt(field, i, `one encoding of "${step.feature}"; this is the second`);
    encoded.add(step.feature);
  }
}

function namedBy(step: PreprocessStep): readonly string[] {
  if (step.op === 'index' || step.op === 'one-hot') return [step.feature];
  if (step.op === 'inputs') return step.inputs.flatMap(({ features }) => features);
  return step.op === 'standardize' ? (step.features ?? []) : [];
}

function failAt(field: Reader, index: number, expected: string): never {
  const item = field.list(LIMITS.steps, (one) => one)[index] ?? field;
  return item.fail(expected);
}
