import type { Prediction } from 'perigee';

export const DIGITS: readonly string[] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];

/** The digit that the model recognised. */
export function digitOf(prediction: Prediction | undefined): string | undefined {
  return prediction && 'label' in prediction.output ? prediction.output.label : undefined;
}

/** A score for each digit, from 0 to 1: the softmax of the model's logits. */
export function scoresOf(prediction: Prediction | undefined): readonly number[] | undefined {
  const logits = prediction?.outputs['logits']?.data as Float32Array | undefined;
  if (!logits) return undefined;
  const max = Math.max(...logits);
  const exponentials = Array.from(logits, (logit) => Math.exp(logit - max));
  const sum = exponentials.reduce((a, b) => a + b, 0);
  return exponentials.map((value) => value / sum);
}
