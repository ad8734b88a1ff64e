import type { Pipeline, Signature } from '@perigee/registry';
import type { Tensors } from 'perigee';
import { imputedOf } from './feature-columns.ts';
import type { NumericColumn } from './feature-columns.ts';

/**
 * The first rows of the feature columns as a tabular pipeline feeds them to the model, for golden
 * samples on real values. Nothing where the pipeline is not tabular or a row lacks a value that it
 * does not impute.
 */
export function tabularFeeds(
  columns: readonly NumericColumn[], pipeline: Pipeline | undefined, { inputs }: Signature,
  count: number,
): Tensors[] {
  const [first, ...steps] = pipeline?.preprocess ?? [];
  const [input] = inputs;
  if (first?.op !== 'tabular' || !input || inputs.length !== 1 || input.dtype !== 'float32' || input.shape.length !== 2) return [];
  const filled = imputedOf(pipeline) ?? [];
  const feeds: Tensors[] = [];
  for (let row = 0; row < (columns[0]?.values.length ?? 0) && feeds.length < count; row += 1) {
    const values = columns.map((column, i) => column.values[row] ?? filled[i] ?? null);
    if (values.includes(null)) continue;
    let data = Float32Array.from(values, Number);
    for (const step of steps) {
      if (step.op === 'standardize') data = data.map((value, i) => (value - (step.mean[i] ?? 0)) / (step.std[i] ?? 1));
      else if (step.op === 'rescale') data = data.map((value) => value * step.factor + (step.offset ?? 0));
    }
    feeds.push({ [input.name]: { dtype: 'float32', shape: [1, data.length], data } });
  }
  return feeds;
}
