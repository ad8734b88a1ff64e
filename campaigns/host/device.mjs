// One device: loads the model and prints the answer, or the code of the error.
import { readFileSync } from 'node:fs';

const { bases, root, store, how, clockMs } = JSON.parse(process.argv[2]);
if (clockMs !== 0) {
  // Workers start with a clock of their own; NODE_OPTIONS shifts it in the same way.
  const shift =
    'const now = Date.now.bind(Date); const Real = Date; globalThis.Date = class extends Real ' +
    `{ constructor(...a) { a.length ? super(...a) : super(now() + ${clockMs}); } static now() ` +
    `{ return now() + ${clockMs}; } };`;
  process.env.NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(shift)}`;
}
const { createPerigee } = await import('perigee');
const before = process.memoryUsage().rss;
let most = before;
const meter = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 20);
const perigee = createPerigee({
  registry: bases,
  trustedRoot: readFileSync(root, 'utf8'),
  store: { folder: store },
});
let result;
try {
  const model = await perigee.load('digits', { update: how, backend: 'cpu', telemetry: false });
  const [input] = model.signature.inputs;
  const shape = input.shape.map((size) => (typeof size === 'number' ? size : 1));
  const data = Float32Array.from(
    { length: shape.reduce((a, b) => a * b, 1) },
    (_, i) => ((i * 7) % 16) / 16,
  );
  const [output] = Object.values(
    await model.run({ [input.name]: { dtype: 'float32', shape, data } }),
  );
  result = {
    version: model.version,
    scores: JSON.stringify([...output.data].map((value) => Number(value.toPrecision(4)))),
  };
} catch (error) {
  result = {
    code: error?.name === 'PerigeeError' ? error.code : undefined,
    text: String(error?.stack ?? error).slice(0, 300),
  };
}
clearInterval(meter);
await perigee.dispose();
console.log(JSON.stringify({ ...result, growth: most - before }));
