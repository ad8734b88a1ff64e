// Models with seeded weights whose cost is realistic. Their outputs mean nothing.
import { graph } from './graph.mjs';

/** @typedef {import('./types.d.ts').GraphOptions} GraphOptions */
/** @typedef {import('./types.d.ts').Port} Port */

/**
 * @param {string} name
 * @param {Port['shape']} shape
 * @returns {Port}
 */
const float = (name, shape) => ({ name, shape, dtype: 'float32' });

/** Dense layers 30-32-16-1, 6.6 KB. */
export function mlp() {
  const g = graph(1);
  const out = g.dense(g.relu(g.dense(g.relu(g.dense('input', 30, 32)), 32, 16)), 16, 1);
  return g.finish([float('input', ['batch', 30])], out, float('output', ['batch', 1]));
}

/** 28×28 grey image, two convolutions, 95 KB. */
export function cnn() {
  const g = graph(2);
  const a = g.pool(g.relu(g.conv('input', 1, 8, { kernel: 3 })));
  const b = g.pool(g.relu(g.conv(a, 8, 16, { kernel: 3 })));
  return g.finish(
    [float('input', ['batch', 1, 28, 28])],
    g.softmax(g.dense(g.flatten(b), 16 * 7 * 7, 28)),
    float('output', ['batch', 28]),
  );
}

/**
 * Grey image of this side, two convolutions, few weights. Only the image size changes the cost of a
 * run.
 * @param {number} side
 */
export function convolutions(side) {
  const g = graph(7);
  const a = g.pool(g.relu(g.conv('input', 1, 8, { kernel: 3 })));
  const b = g.globalPool(g.relu(g.conv(a, 8, 16, { kernel: 3 })));
  const inputs = [float('input', ['batch', 1, side, side])];
  return g.finish(inputs, g.dense(b, 16, 10), float('output', ['batch', 10]));
}

/**
 * The topology of MobileNetV2 1.0 (Sandler et al. 2018, table 2), batch norms folded; 14 MB.
 * @param {GraphOptions} [options]
 */
export function mobilenet(options) {
  const g = graph(3, options);
  let x = g.relu6(g.conv('pixel_values', 3, 32, { kernel: 3, stride: 2 }));
  let channels = 32;
  for (const [expand, out, repeat, firstStride] of [
    [1, 16, 1, 1],
    [6, 24, 2, 2],
    [6, 32, 3, 2],
    [6, 64, 4, 2],
    [6, 96, 3, 1],
    [6, 160, 3, 2],
    [6, 320, 1, 1],
  ]) {
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
  // The classifier is a convolution too, so that its weights become int8.
  x = g.relu6(g.conv(x, 320, 1280, { kernel: 1 }));
  x = g.conv(g.apply('GlobalAveragePool', [x]), 1280, 1000, { kernel: 1 });
  return g.finish(
    [float('pixel_values', ['batch', 3, 224, 224])],
    g.flatten(x),
    float('logits', ['batch', 1000]),
  );
}

const HIDDEN = 384;
const HEADS = 12;
const FFN = 1536;
const LAYERS = 6;
const VOCABULARY = 1000;
const POSITIONS = 512;

/**
 * An encoder of MiniLM's size (Wang et al. 2020: 6 layers of 384, 12 heads) as PyTorch exports
 * BERT, with a small vocabulary; 45 MB.
 * @param {GraphOptions} [options]
 */
export function minilm(options) {
  const g = graph(4, options);
  /** @param {number} rows */
  const table = (rows) => g.constant([rows, HIDDEN], g.normals([rows, HIDDEN], 0.02));
  /** @param {...number} values */
  const ints = (...values) =>
    g.constant([values.length], BigInt64Array.from(values, BigInt), `ints_${values.join('_')}`);
  /** @param {string} x */
  const norm = (x) =>
    g.apply(
      'LayerNormalization',
      [
        x,
        g.constant([HIDDEN], new Float32Array(HIDDEN).fill(1)),
        g.constant([HIDDEN], new Float32Array(HIDDEN)),
      ],
      { epsilon: { float: 1e-12 } },
    );
  /**
   * @param {string} x
   * @param {number} from
   * @param {number} to
   */
  const dense = (x, from, to) => g.bias(g.matmul(x, from, to), to);
  /**
   * @param {string} x
   * @param {readonly number[]} perm
   */
  const heads = (x, perm) =>
    g.apply('Transpose', [g.apply('Reshape', [x, ints(0, 0, HEADS, HIDDEN / HEADS)])], { perm });
  /** @param {string} x */
  const gelu = (x) => {
    const erf = g.apply('Erf', [g.apply('Div', [x, g.scalar('sqrt2', Math.SQRT2)])]);
    return g.apply('Mul', [
      g.apply('Mul', [x, g.apply('Add', [erf, g.scalar('one', 1)])]),
      g.scalar('half', 0.5),
    ]);
  };

  const length = g.apply('Gather', [g.apply('Shape', ['input_ids']), ints(1)]);
  const positions = g.apply('Slice', [table(POSITIONS), ints(0), length, ints(0)]);
  const embedded = g.add(
    g.apply('Gather', [table(VOCABULARY), 'input_ids']),
    g.apply('Gather', [table(2), 'token_type_ids']),
  );
  let x = norm(g.add(embedded, positions));

  const mask = g.apply('Cast', [g.apply('Unsqueeze', ['attention_mask', ints(1, 2)])], { to: 1 });
  const hidden = g.apply('Mul', [
    g.apply('Sub', [g.scalar('one', 1), mask]),
    g.scalar('far_below', -1e4),
  ]);
  for (let layer = 0; layer < LAYERS; layer += 1) {
    const q = heads(dense(x, HIDDEN, HIDDEN), [0, 2, 1, 3]);
    const k = heads(dense(x, HIDDEN, HIDDEN), [0, 2, 3, 1]);
    const v = heads(dense(x, HIDDEN, HIDDEN), [0, 2, 1, 3]);
    const scores = g.apply('Div', [
      g.apply('MatMul', [q, k]),
      g.scalar('sqrt_d', Math.sqrt(HIDDEN / HEADS)),
    ]);
    const mixed = g.apply('MatMul', [g.apply('Softmax', [g.add(scores, hidden)], { axis: 3 }), v]);
    const joined = g.apply('Reshape', [
      g.apply('Transpose', [mixed], { perm: [0, 2, 1, 3] }),
      ints(0, 0, HIDDEN),
    ]);
    x = norm(g.add(dense(joined, HIDDEN, HIDDEN), x));
    x = norm(g.add(dense(gelu(dense(x, HIDDEN, FFN)), FFN, HIDDEN), x));
  }
  /**
   * @param {string} name
   * @returns {Port}
   */
  const ids = (name) => ({ name, shape: ['batch', 'sequence'], dtype: 'int64' });
  return g.finish(
    [ids('input_ids'), ids('attention_mask'), ids('token_type_ids')],
    x,
    float('last_hidden_state', ['batch', 'sequence', HIDDEN]),
    17,
  );
}

/**
 * 150,528 floats in, the first column out. The model does next to no work, so a call costs as much
 * as carrying 602 KB.
 */
export function wide() {
  const g = graph(5);
  return g.finish(
    [float('input', ['batch', 3, 224, 224])],
    g.apply('Slice', [
      'input',
      g.constant([1], BigInt64Array.of(0n)),
      g.constant([1], BigInt64Array.of(1n)),
      g.constant([1], BigInt64Array.of(3n)),
    ]),
    float('output', ['batch', 3, 224, 1]),
  );
}

/**
 * Layers of 2048 × 2048, 16.8 MB each, to measure the cost of keeping a large model.
 * @param {number} layers
 */
export function heavy(layers) {
  const g = graph(6);
  let x = 'input';
  for (let layer = 0; layer < layers; layer += 1) x = g.relu(g.dense(x, 2048, 2048));
  return g.finish([float('input', ['batch', 2048])], x, float('output', ['batch', 2048]));
}
