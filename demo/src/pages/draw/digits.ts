import type { ModelNamed } from 'perigee';

/** The model that reads digits. `models.d.ts` has its types. */
export type Digits = ModelNamed<'digits'>;
export type DigitPrediction = Awaited<ReturnType<Digits['predict']>>;

export const DIGITS: readonly string[] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];

/** A score for each digit, from 0 to 1: the softmax of the model's logits. */
export function scoresOf(prediction: DigitPrediction | undefined): readonly number[] | undefined {
  if (!prediction) return undefined;
  const logits = prediction.outputs.logits.data;
  const max = Math.max(...logits);
  const exponentials = Array.from(logits, (logit) => Math.exp(logit - max));
  const sum = exponentials.reduce((a, b) => a + b, 0);
  return exponentials.map((value) => value / sum);
}
