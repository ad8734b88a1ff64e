// Models with seeded weights whose cost is realistic; their outputs mean nothing.
import { model } from './onnx-writer.mjs';

/** A graph under construction: every layer appends a node and the weights it needs. */
function graph(seed) {
  const random = gaussian(seed);
  const nodes = [];
  const initializers = [];
  let names = 0;
  const fresh = (prefix) => `${prefix}${names++}`;
  const weights = (dims, fanIn) => {
    const name = fresh('w');
    const scale = Math.sqrt(2 / fanIn);
    initializers.push({ name, dims, data: Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => random() * scale) });
    return name;
  };
  const apply = (op, inputs, attributes) => {
    const output = fresh('t');
    nodes.push({ op, inputs, outputs: [output], ...(attributes && { attributes }) });
    return output;
  };
  const relu6 = (input) => {
    const low = initializers.find(({ name }) => name === 'zero');
    if (!low) initializers.push({ name: 'zero', dims: [], data: new Float32Array([0]) }, { name: 'six', dims: [], data: new Float32Array([6]) });
    return apply('Clip', [input, 'zero', 'six']);
  };
  return {
    relu: (input) => apply('Relu', [input]),
    relu6,
    add: (a, b) => apply('Add', [a, b]),
    dense: (input, from, to) => apply('Gemm', [input, weights([from, to], from), weights([to], from)]),
    conv(input, from, to, { kernel, stride = 1, group = 1 }) {
      const pad = kernel >> 1;
      return apply('Conv', [input, weights([to, from / group, kernel, kernel], (from / group) * kernel * kernel), weights([to], from)], {
        kernel_shape: [kernel, kernel], strides: [stride, stride], pads: [pad, pad, pad, pad], dilations: [1, 1], group,
      });
    },
    pool: (input) => apply('MaxPool', [input], { kernel_shape: [2, 2], strides: [2, 2] }),
    globalPool: (input) => apply('Flatten', [apply('GlobalAveragePool', [input])]),
    flatten: (input) => apply('Flatten', [input]),
    softmax: (input) => apply('Softmax', [input]),
    finish: (inputShape, output, outputShape) => model({ nodes: [...nodes, { op: 'Identity', inputs: [output], outputs: ['output'] }], initializers, inputs: [{ name: 'input', shape: inputShape }], outputs: [{ name: 'output', shape: outputShape }] }),
  };
}

/** 30-32-16-1, 6.6 KB. */
export function mlp() {
  const g = graph(1);
  const out = g.dense(g.relu(g.dense(g.relu(g.dense('input', 30, 32)), 32, 16)), 16, 1);
  return g.finish(['batch', 30], out, ['batch', 1]);
}

/** 28×28 grey image, two convolutions, 95 KB. */
export function cnn() {
  const g = graph(2);
  const a = g.pool(g.relu(g.conv('input', 1, 8, { kernel: 3 })));
  const b = g.pool(g.relu(g.conv(a, 8, 16, { kernel: 3 })));
  return g.finish(['batch', 1, 28, 28], g.softmax(g.dense(g.flatten(b), 16 * 7 * 7, 28)), ['batch', 28]);
}

/** The topology of MobileNetV2 1.0 (Sandler et al. 2018, table 2), batch norms folded; 14 MB. */
export function mobilenet() {
  const g = graph(3);
  let x = g.relu6(g.conv('input', 3, 32, { kernel: 3, stride: 2 }));
  let channels = 32;
  for (const [expand, out, repeat, firstStride] of [[1, 16, 1, 1], [6, 24, 2, 2], [6, 32, 3, 2], [6, 64, 4, 2], [6, 96, 3, 1], [6, 160, 3, 2], [6, 320, 1, 1]]) {
    for (let i = 0; i < repeat; i += 1) {
      const stride = i === 0 ? firstStride : 1;
      const hidden = channels * expand;
      let y = expand === 1 ? x : g.relu6(g.conv(x, channels, hidden, { kernel: 1 }));
      y = g.relu6(g.conv(y, hidden, hidden, { kernel: 3, stride, group: hidden }));
      y = g.conv(y, hidden, out, { kernel: 1 });
      x = stride === 1 && channels === out ? g.add(x, y) : y;
      channels = out;
    }
  }
  x = g.globalPool(g.relu6(g.conv(x, 320, 1280, { kernel: 1 })));
  return g.finish(['batch', 3, 224, 224], g.dense(x, 1280, 1000), ['batch', 1000]);
}

/** Standard normal numbers: mulberry32 and Box–Muller. */
function gaussian(seed) {
  let state = seed >>> 0;
  const uniform = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}
