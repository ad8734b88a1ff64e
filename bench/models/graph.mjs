// A graph under construction. Every layer appends its nodes and their seeded weights.
import { seededRandom } from '@perigee/profile/analysis';
import { graphInput, graphOutput, initializer, model, node } from '@perigee/registry/onnx';
import { drawNormal } from '../draws.mjs';

/**
 * @param seed of the weights
 * @param int8 store the weights of convolutions as int8 per output channel, and multiply matrices
 * in int8
 * @param edit changes nodes and weights before they are written
 */
export function graph(seed, { int8 = false, edit = (parts) => parts } = {}) {
  const random = gaussian(seed);
  const nodes = [];
  const initializers = [];
  let names = 0;
  const fresh = (prefix) => `${prefix}${names++}`;

  function constant(dims, data, name = fresh('c')) {
    if (!initializers.some((known) => known.name === name)) initializers.push({ name, dims, data });
    return name;
  }
  const scalar = (name, value) => constant([], Float32Array.of(value), name);
  const normals = (dims, scale) =>
    Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => random() * scale);
  const weights = (dims, fanIn) => constant(dims, normals(dims, Math.sqrt(2 / fanIn)), fresh('w'));

  function apply(op, inputs, attributes, outputs = [fresh('t')]) {
    nodes.push({ op, inputs, outputs, ...(attributes && { attributes }) });
    return outputs[0];
  }

  /**
   * int8 weights that become float when the session is created, so only the file is smaller. Uses
   * Cast and Mul, because ONNX Runtime would compute a DequantizeLinear in every run.
   */
  function convWeights(dims, fanIn) {
    if (!int8) return weights(dims, fanIn);
    const { values, scales } = quantize(
      normals(dims, Math.sqrt(2 / fanIn)),
      dims[0],
      (index, inner) => Math.floor(index / inner),
    );
    return apply('Mul', [
      apply('Cast', [constant(dims, values)], { to: 1 }),
      constant([dims[0], 1, 1, 1], scales),
    ]);
  }

  /** x · W, in int8 if requested, with a scale for x that each run computes. */
  function matmul(x, from, to) {
    const floats = normals([from, to], Math.sqrt(1 / from));
    if (!int8) return apply('MatMul', [x, constant([from, to], floats, fresh('w'))]);
    const { values, scales } = quantize(floats, to, (index) => index % to, 64);
    const [quantized, scale, zero] = [fresh('q'), fresh('q'), fresh('q')];
    apply('DynamicQuantizeLinear', [x], undefined, [quantized, scale, zero]);
    const sums = apply(
      'Cast',
      [apply('MatMulInteger', [quantized, constant([from, to], values), zero])],
      { to: 1 },
    );
    return apply('Mul', [sums, apply('Mul', [scale, constant([to], scales)])]);
  }

  return {
    apply,
    constant,
    scalar,
    normals,
    matmul,
    relu: (x) => apply('Relu', [x]),
    relu6: (x) => apply('Clip', [x, scalar('zero', 0), scalar('six', 6)]),
    add: (a, b) => apply('Add', [a, b]),
    dense: (x, from, to) => apply('Gemm', [x, weights([from, to], from), weights([to], from)]),
    bias: (x, to) => apply('Add', [x, constant([to], normals([to], 0.02), fresh('b'))]),
    conv(x, from, to, { kernel, stride = 1, group = 1 }) {
      const pad = kernel >> 1;
      const fanIn = (from / group) * kernel * kernel;
      return apply(
        'Conv',
        [x, convWeights([to, from / group, kernel, kernel], fanIn), weights([to], fanIn)],
        {
          kernel_shape: [kernel, kernel],
          strides: [stride, stride],
          pads: [pad, pad, pad, pad],
          dilations: [1, 1],
          group,
        },
      );
    },
    pool: (x) => apply('MaxPool', [x], { kernel_shape: [2, 2], strides: [2, 2] }),
    globalPool: (x) => apply('Flatten', [apply('GlobalAveragePool', [x])]),
    flatten: (x) => apply('Flatten', [x]),
    softmax: (x) => apply('Softmax', [x]),
    /**
     * @returns {{ bytes: Uint8Array, weights: { name: string, dims: number[],
     *   data: Float32Array }[] }}
     * the .onnx file, and its weights in order
     */
    finish(inputs, result, output, opset = 13) {
      apply('Identity', [result], undefined, [output.name]);
      const edited = edit({ nodes, initializers });
      const fields = [
        ...edited.nodes.map((one) => node(one.op, one.inputs, one.outputs, one.attributes)),
        ...edited.initializers.map(weight),
        ...inputs.map(({ name, shape, dtype = 'float32' }) => graphInput(name, dtype, shape)),
        graphOutput(output.name, 'float32', output.shape),
      ];
      return { bytes: model(fields, { opsets: { '': opset } }), weights: initializers };
    },
  };
}

const DTYPES = new Map([
  [Float32Array, 'float32'],
  [Int8Array, 'int8'],
  [BigInt64Array, 'int64'],
]);

function weight({ name, dims, data }) {
  return initializer(name, { dtype: DTYPES.get(data.constructor), shape: dims, data });
}

/**
 * Symmetric int8: the largest value of a channel becomes `steps`. Integer kernels take 64, as in
 * `perigee pack`: with more, those of x86-64 without VNNI saturate.
 */
function quantize(floats, channels, channelOf, steps = 127) {
  const inner = floats.length / channels;
  const scales = new Float32Array(channels);
  for (const [index, value] of floats.entries()) {
    const channel = channelOf(index, inner);
    scales[channel] = Math.max(scales[channel], Math.abs(value) / steps);
  }
  return {
    values: Int8Array.from(floats, (value, index) =>
      Math.round(value / scales[channelOf(index, inner)]),
    ),
    scales,
  };
}

/** A source of standard normal numbers. */
function gaussian(seed) {
  const random = seededRandom(seed);
  return () => drawNormal(random);
}
