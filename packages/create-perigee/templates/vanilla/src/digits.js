import { loadModel } from 'perigee';
import modelUrl from '../model/digits.onnx?url';
import labels from '../model/labels.json';

const loading = loadModel(modelUrl);

/**
 * Reads one digit. `pixels` are 64 numbers from 0 (paper) to 1 (ink), row by row.
 * Resolves to the scores of all digits, the best label, the time and the place it ran on.
 */
export async function readDigit(pixels) {
  const model = await loading;
  const { outputs, timing } = await model.predict({ image: new Float32Array(pixels) });
  const scores = softmax(outputs.logits.data);
  const best = scores.indexOf(Math.max(...scores));
  return { label: labels[best], scores, ms: timing.totalMs, backend: model.backend };
}

/** Turns the model's outputs into shares that add up to 1. */
function softmax(logits) {
  const largest = Math.max(...logits);
  const powers = Array.from(logits, (logit) => Math.exp(logit - largest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}
