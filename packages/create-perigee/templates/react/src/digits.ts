import { loadModel } from 'perigee';
import modelUrl from '../model/digits.onnx?url';
import labels from '../model/labels.json';

export interface Answer {
  readonly label: string;
  /** The score of each digit, from 0 to 1. */
  readonly scores: readonly number[];
  readonly ms: number;
  readonly backend: string;
}

const loading = loadModel(modelUrl);

/** Reads one digit. `pixels` are 64 numbers from 0 (paper) to 1 (ink), row by row. */
export async function readDigit(pixels: readonly number[]): Promise<Answer> {
  const model = await loading;
  const { outputs, timing } = await model.predict({ image: new Float32Array(pixels) });
  const logits = outputs.logits.data;
  if (!(logits instanceof Float32Array)) throw new Error('The model did not answer with float32.');
  const scores = softmax(logits);
  const best = scores.indexOf(Math.max(...scores));
  return { label: labels[best], scores, ms: timing.totalMs, backend: model.backend };
}

/** Turns the model's outputs into shares that add up to 1. */
function softmax(logits: Float32Array): number[] {
  const largest = Math.max(...logits);
  const powers = Array.from(logits, (logit) => Math.exp(logit - largest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}
