// node device.mjs <registry> <store folder> <local|latest> [end]: a device outside a browser.
// Without `end` it predicts, and prints the version that answers and its answer.
import { createPerigee } from 'perigee';

const [registry, folder, update, end] = process.argv.slice(2);
const perigee = createPerigee({ registry, store: { folder } });
const model = await perigee.load('digits', { update, backend: 'cpu', telemetry: false });

const ENDS = {
  'load-and-dispose': () => perigee.dispose(),
  'load-and-exit': () => process.exit(0),
  async 'predict-and-exit'() {
    await firstOutput(model);
    process.exit(0);
  },
  async 'poll-and-exit'() {
    await model.update();
    process.exit(0);
  },
};

if (end) await ENDS[end]();
else {
  const { scores } = await firstOutput(model);
  console.log(JSON.stringify({ version: model.version, scores }));
  await perigee.dispose();
}

async function firstOutput({ signature, run }) {
  const [input] = signature.inputs;
  const shape = input.shape.map((size) => (typeof size === 'number' ? size : 1));
  const length = shape.reduce((a, b) => a * b, 1);
  const data = Float32Array.from({ length }, (_, i) => ((i * 7) % 16) / 16);
  const [output] = Object.values(await run({ [input.name]: { dtype: 'float32', shape, data } }));
  return { scores: [...output.data].map((value) => Number(value.toPrecision(4))) };
}
