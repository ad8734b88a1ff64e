import { LIMITS } from './limits.ts';
import type { Pipeline, PostprocessStep, PreprocessStep } from './pipeline.ts';
import { checkFeatureNames, featureNames, featuresByInput, featureWords } from './parse-words.ts';
import { reader } from './reader.ts';
import type { Reader } from './reader.ts';
import { parseJson } from './safe-json.ts';

/**
 * Parses and checks a pipeline.json, which becomes part of the manifest.
 * @throws RegistryError INVALID_MANIFEST naming the step
 * @example
 * ```ts
 * const { preprocess, postprocess } = parsePipeline(await readFile('pipeline.json'));
 * ```
 */
export function parsePipeline(bytes: Uint8Array): Pipeline {
  return readPipeline(reader(parseJson(bytes, 'pipeline', LIMITS.manifestBytes)));
}

/** @throws RegistryError INVALID_MANIFEST naming the step */
export function readPipeline(field: Reader): Pipeline {
  const preprocess = field.field('preprocess').list(LIMITS.steps, preprocessStep);
  const first = preprocess[0]?.op;
  if (first !== 'image' && first !== 'tabular')
    field.field('preprocess').fail('a list that begins with "image" or "tabular"');
  checkFeatureNames(preprocess, field.field('preprocess'));
  return {
    preprocess,
    postprocess: field.field('postprocess').list(LIMITS.steps, postprocessStep),
  };
}

const PREPROCESS_OPS = [
  'image',
  'tabular',
  'grayscale',
  'invert',
  'trim',
  'resize',
  'rescale',
  'normalize',
  'layout',
  'project',
  'impute',
  'standardize',
  'index',
  'one-hot',
  'inputs',
] as const;

function preprocessStep(field: Reader): PreprocessStep {
  const op = field.field('op').oneOf(PREPROCESS_OPS);
  switch (op) {
    case 'image':
    case 'grayscale':
    case 'invert':
      return { op };
    case 'tabular':
      return { op, features: featureNames(field.field('features')) };
    case 'trim':
      return {
        op,
        threshold: within(field.field('threshold'), 0, 255),
        padding: within(field.field('padding'), 0, 4),
      };
    case 'resize':
      return {
        op,
        width: field.field('width').integer(1, LIMITS.imageSide),
        height: field.field('height').integer(1, LIMITS.imageSide),
        method: field.field('method').oneOf(['bilinear', 'area']),
      };
    case 'rescale': {
      const offset = field.optional('offset', (item) => item.number());
      return {
        op,
        factor: field.field('factor').number(),
        ...(offset !== undefined && { offset }),
      };
    }
    case 'normalize':
      return { op, ...moments(field) };
    case 'standardize': {
      const features = field.optional('features', featureNames);
      const found = moments(field);
      if (features && found.mean.length !== features.length) {
        field.field('mean').fail(`${features.length} numbers, one for each of "features"`);
      }
      return { op, ...found, ...(features && { features }) };
    }
    case 'layout':
      return { op, to: field.field('to').oneOf(['NCHW', 'NHWC']) };
    case 'project':
      return {
        op,
        count: field.field('count').integer(1, 32),
        seed: field.field('seed').integer(0, 2 ** 31 - 1),
      };
    case 'impute':
      return { op, values: field.field('values').list(LIMITS.features, numberOrWord) };
    case 'index': {
      const other = field.optional('other', (item) => item.integer(-1, 2 ** 31 - 1));
      return { op, ...featureWords(field), ...(other !== undefined && { other }) };
    }
    case 'one-hot': {
      const other = field.optional('other', (item) => item.oneOf(['slot', 'zeros'] as const));
      return { op, ...featureWords(field), ...(other !== undefined && { other }) };
    }
    case 'inputs':
      return { op, inputs: featuresByInput(field.field('inputs')) };
  }
}

function postprocessStep(field: Reader): PostprocessStep {
  const op = field.field('op').oneOf(['softmax', 'sigmoid', 'top-k', 'threshold']);
  const tensor = field.optional('tensor', (item) => item.text(1_024));
  const named = tensor === undefined ? {} : { tensor };
  if (op === 'top-k') return { op, k: field.field('k').integer(1, LIMITS.labels), ...named };
  if (op !== 'threshold') return { op, ...named };
  const threshold = within(field.field('threshold'), 0, 1);
  return { op, threshold, positive: field.field('positive').text(1_024), ...named };
}

function moments(field: Reader): { readonly mean: number[]; readonly std: number[] } {
  const mean = numbers(field.field('mean'));
  const std = nonZero(field.field('std'));
  if (std.length !== mean.length)
    field.field('std').fail(`${mean.length} numbers, as many as mean has`);
  return { mean, std };
}

function numberOrWord(item: Reader): number | string {
  if (typeof item.value === 'string') return item.text(LIMITS.wordLength);
  return typeof item.value === 'number' ? item.number() : item.fail('a number, or a word');
}

function numbers(field: Reader): number[] {
  return field.list(LIMITS.features, (item) => item.number());
}

function nonZero(field: Reader): number[] {
  return field.list(LIMITS.features, (item) =>
    item.number() === 0 ? item.fail('a number other than 0') : item.number(),
  );
}

function within(field: Reader, min: number, max: number): number {
  const value = field.number();
  return value < min || value > max ? field.fail(`a number from ${min} to ${max}`) : value;
}
