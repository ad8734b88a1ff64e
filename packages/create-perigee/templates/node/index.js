import { readFile } from 'node:fs/promises';
import { loadModel } from 'perigee';

const folder = new URL('model/', import.meta.url);
const readJson = async (name) => JSON.parse(await readFile(new URL(name, folder), 'utf8'));

const labels = await readJson('labels.json');
const samples = await readJson('samples.json');
const model = await loadModel(new URL('digits.onnx', folder));

for (const { label, pixels } of samples) {
  const { outputs, timing } = await model.predict({ image: new Float32Array(pixels) });
  const scores = softmax(outputs.logits.data);
  const best = scores.indexOf(Math.max(...scores));
  const percent = (scores[best] * 100).toFixed(1);
  const ms = timing.totalMs.toFixed(1);
  console.log(`A ${label} is read as ${labels[best]} (${percent} %, ${ms} ms).`);
}
console.log(`The model ran on ${model.backend}.`);
await model.dispose();

/** Turns the model's outputs into shares that add up to 1. */
function softmax(logits) {
  const largest = Math.max(...logits);
  const powers = Array.from(logits, (logit) => Math.exp(logit - largest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}
