import type { PreprocessStep } from '@perigee/registry';
import { grayscale } from './image/grayscale.ts';
import { asPixels } from './image/on-white.ts';
import { createResize } from './image/resize.ts';
import { trim } from './image/trim.ts';
import type { Pixels, Rgba, Scale } from './pixels.ts';
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
  readonly [O in 'grayscale' | 'trim' | 'resize']: (
    step: StepOf<O>,
  ) => (image: Pixels | Rgba) => Pixels;
} = {
  grayscale: () => grayscale,
  trim:
    ({ threshold, padding }) =>
    (image) =>
      trim(asPixels(image), threshold, padding),
  resize: ({ width, height, method }) => createResize(width, height, method),
};

/** Steps on each value of an image by itself. */
export const SCALES: {
  readonly [O in 'invert' | 'rescale' | 'normalize']: (step: StepOf<O>) => Scale;
} = {
  invert: () => ({ multiply: () => -1, add: () => 255 }),
  rescale: ({ factor, offset = 0 }) => ({ multiply: () => factor, add: () => offset }),
  normalize: ({ mean, std }) => ({
    multiply: (c) => 1 / (std[c] ?? 1),
    add: (c) => -(mean[c] ?? 0) / (std[c] ?? 1),
  }),
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
