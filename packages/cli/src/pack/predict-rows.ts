import type { ReferenceInput } from '@perigee/profile';
import type { Model, Prediction } from 'perigee';

/** A distribution over 100 score bins is no better with more. */
const MAX_PREDICTIONS = 10_000;

/**
 * What the model answers on rows, for the reference of its outputs: evenly spread ones where there are many. Rows the pipeline refuses, with
 * a missing value that it does not impute, are left out, as they would be on a device. Undefined when the answers are no labels.
 */
export async function predictRows(model: Model, features: readonly { readonly name: string; readonly values: readonly (number | null)[] }[], labels: readonly string[]): Promise<ReferenceInput['output']> {
  const rows = features[0]?.values.length ?? 0;
  const step = Math.max(1, rows / MAX_PREDICTIONS);
  const predictions: { labelIndex: number; score: number }[] = [];
  for (let at = 0; at < rows; at += step) {
    const output = await answer(model, features.map(({ values }) => values[Math.floor(at)] ?? null));
    if (!output) continue;
    if (!('label' in output)) return undefined;
    predictions.push({ labelIndex: labels.indexOf(output.label), score: output.score });
  }
  return { labels, predictions };
}

async function answer(model: Model, row: readonly (number | null)[]): Promise<Prediction['output'] | undefined> {
  try {
    return (await model.predict(row)).output;
  } catch (error) {
    if (row.includes(null) && error instanceof Error && 'code' in error && error.code === 'INVALID_INPUT') return undefined;
    throw error;
  }
}
