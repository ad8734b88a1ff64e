// node make-tfjs.mjs: writes the TensorFlow.js model of the journeys, a convolution and a dense
// layer with seeded weights.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { seededRandom } from '@perigee/profile/analysis';

const draw = seededRandom(3);
const random = () => draw() * 2 - 1;
const weights = { kernel: [3, 3, 1, 4], bias: [4], dense: [256, 5] };
const float = { dtype: { type: 'DT_FLOAT' }, T: { type: 'DT_FLOAT' } };
const node = (name, op, input, attr = {}) => ({ name, op, input, attr: { ...float, ...attr } });
const nodes = [
  {
    name: 'image',
    op: 'Placeholder',
    attr: {
      dtype: float.dtype,
      shape: { shape: { dim: [-1, 8, 8, 1].map((size) => ({ size: String(size) })) } },
    },
  },
  ...Object.keys(weights).map((name) => ({ name, op: 'Const', attr: { dtype: float.dtype } })),
  { name: 'flat', op: 'Const', attr: { dtype: { type: 'DT_INT32' } } },
  node('conv', 'Conv2D', ['image', 'kernel'], {
    strides: { list: { i: ['1', '1', '1', '1'] } },
    padding: { s: btoa('SAME') },
    data_format: { s: btoa('NHWC') },
    dilations: { list: { i: ['1', '1', '1', '1'] } },
  }),
  node('biased', 'BiasAdd', ['conv', 'bias'], { data_format: { s: btoa('NHWC') } }),
  node('relu', 'Relu', ['biased']),
  node('rows', 'Reshape', ['relu', 'flat']),
  node('product', 'MatMul', ['rows', 'dense'], {
    transpose_a: { b: false },
    transpose_b: { b: false },
  }),
  node('scores', 'Softmax', ['product']),
];
const values = Object.values(weights).map((shape) =>
  Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random() * 0.5),
);
const specs = [
  ...Object.entries(weights).map(([name, shape]) => ({ name, shape, dtype: 'float32' })),
  { name: 'flat', shape: [2], dtype: 'int32' },
];
const data = Buffer.concat([
  ...values.map(({ buffer }) => Buffer.from(buffer)),
  Buffer.from(Int32Array.of(-1, 256).buffer),
]);
const model = {
  format: 'graph-model',
  generatedBy: 'make-tfjs.mjs',
  convertedBy: null,
  modelTopology: { node: nodes, versions: { producer: 1 } },
  weightsManifest: [{ paths: ['group1-shard1of2.bin', 'group1-shard2of2.bin'], weights: specs }],
};
const folder = join(import.meta.dirname, 'tfjs-net');
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, 'model.json'), `${JSON.stringify(model)}\n`);
writeFileSync(join(folder, 'group1-shard1of2.bin'), data.subarray(0, 1_000));
writeFileSync(join(folder, 'group1-shard2of2.bin'), data.subarray(1_000));
