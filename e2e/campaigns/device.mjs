// node device.mjs <registry> <store folder> <local|latest>: a device outside a browser. Prints the version that answers, and what it answers.
import { createPerigee } from 'perigee';

const [registry, folder, update] = process.argv.slice(2);
const perigee = createPerigee({ registry, store: { folder } });
const model = await perigee.load('digits', { update, backend: 'cpu', telemetry: false });
const { scores } = await firstOutput(model);
console.log(JSON.stringify({ version: model.version, scores }));
await perigee.dispose();

async function firstOutput(model) {
  const [input] = model.signature.inputs;
  const shape = input.shape.map((size) => (typeof size === 'number' ? size : 1));
  const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => ((i * 7) % 16) / 16);
  const [output] = Object.values(await model.run({ [input.name]: { dtype: 'float32', shape, data } }));
  return { scores: [...output.data].map((value) => Number(value.toPrecision(4))) };
}
