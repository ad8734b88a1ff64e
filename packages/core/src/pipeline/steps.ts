import type { PreprocessStep } from '@perigee/registry';
import { grayscale } from './image/grayscale.ts';
import { resize } from './image/resize.ts';
import { trim } from './image/trim.ts';
import { scalePixels } from './pixels.ts';
import type { Pixels } from './pixels.ts';
import { indexOfWord, oneHot } from './tabular/words.ts';
import type { WordEncoder } from './tabular/words.ts';

type Op = PreprocessStep['op'];
type StepOf<O extends Op> = Extract<PreprocessStep, { op: O }>;
/** A step bound to its parameters. */
type Transform<T> = (value: T) => T;

/**
 * Steps on pixels. The registry's `manifest/pipeline.ts` has their parameters and
 * `parse-pipeline.ts` checks them.
 */
export const IMAGE_STEPS: {
  readonly [O in 'grayscale' | 'invert' | 'trim' | 'resize' | 'rescale' | 'normalize']: (
    step: StepOf<O>,
  ) => Transform<Pixels>;
} = {
  grayscale: () => grayscale,
  invert: () => (image) =>
    scalePixels(
      image,
      () => -1,
      () => 255,
    ),
  trim:
    ({ threshold, padding }) =>
    (image) =>
      trim(image, threshold, padding),
  resize:
    ({ width, height, method }) =>
    (image) =>
      resize(image, width, height, method),
  rescale:
    ({ factor, offset = 0 }) =>
    (image) =>
      scalePixels(
        image,
        () => factor,
        () => offset,
      ),
  normalize:
    ({ mean, std }) =>
    (image) =>
      scalePixels(
        image,
        (c) => 1 / (std[c] ?? 1),
        (c) => -(mean[c] ?? 0) / (std[c] ?? 1),
      ),
};

/** Steps that encode the words of one feature as numbers. */
export const WORD_STEPS: {
  readonly [O in 'index' | 'one-hot']: (step: StepOf<O>) => WordEncoder;
} = {
  index: ({ words, other = words.length }) => indexOfWord(words, other),
  'one-hot': ({ words, other = 'slot' }) => oneHot(words, other === 'slot'),
};

/** Steps on the numbers of a row. Their lists have one entry per number. */
export const VECTOR_STEPS: {
  readonly [O in 'rescale' | 'standardize']: (step: StepOf<O>) => Transform<Float64Array>;
} = {
  rescale:
    ({ factor, offset = 0 }) =>
    (row) =>
      row.map((value) => value * factor + offset),
  standardize:
    ({ mean, std }) =>
    (row) =>
      row.map((value, i) => (value - (mean[i] ?? 0)) / (std[i] ?? 1)),
};
