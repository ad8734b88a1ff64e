// A graph under construction. Every layer appends its nodes and their seeded weights.
import { seededRandom } from '@perigee/profile/analysis';
import { graphInput, graphOutput, initializer, model, node } from '@perigee/registry/onnx';
import { drawNormal } from '../draws.mjs';

/** @typedef {import('./types.d.ts').GraphNode} GraphNode */
/** @typedef {import('./types.d.ts').Port} Port */
/** @typedef {import('./types.d.ts').Weight} Weight */

/**
 * @param {number} seed of the weights
 * @param {import('./types.d.ts').GraphOptions} [options]
 */
export function graph(seed, { int8 = false, edit = (parts) => parts } = {}) {
  const random = gaussian(seed);
  /** @type {GraphNode[]} */
  const nodes = [];
  /** @type {Weight[]} */
  const initializers = [];
  let names = 0;
  /** @param {string} prefix */
  const fresh = (prefix) => `${prefix}${names++}`;

  /**
   * @param {readonly number[]} dims
   * @param {Weight['data']} data
   * @param {string} [name]
   */
  function constant(dims, data, name = fresh('c')) {
    if (!initializers.some((known) => known.name === name)) initializers.push({ name, dims, data });
    return name;
  }
  /**
   * @param {string} name
   * @param {number} value
   */
  const scalar = (name, value) => constant([], Float32Array.of(value), name);
  /**
   * @param {readonly number[]} dims
   * @param {number} scale
   */
  const normals = (dims, scale) =>
    Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => random() * scale);
  /**
   * @param {readonly number[]} dims
   * @param {number} fanIn
   */
  const weights = (dims, fanIn) => constant(dims, normals(dims, Math.sqrt(2 / fanIn)), fresh('w'));

  /**
   * @param {string} op
   * @param {readonly string[]} inputs
   * @param {GraphNode['attributes']} [attributes]
   * @param {readonly string[]} [outputs]
   */
  function apply(op, inputs, attributes, outputs = [fresh('t')]) {
    nodes.push({ op, inputs, outputs, ...(attributes && { attributes }) });
    return outputs[0];
  }

  /**
   * int8 weights that become float when the session is created, so only the file is smaller. Uses
   * Cast and Mul, because ONNX Runtime would compute a DequantizeLinear in every run.
   * @param {readonly number[]} dims
   * @param {number} fanIn
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

  /**
   * x · W, in int8 if requested, with a scale for x that each run computes.
   * @param {string} x
   * @param {number} from
   * @param {number} to
   */
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
    /** @param {string} x */
    relu: (x) => apply('Relu', [x]),
    /** @param {string} x */
    relu6: (x) => apply('Clip', [x, scalar('zero', 0), scalar('six', 6)]),
    /**
     * @param {string} a
     * @param {string} b
     */
    add: (a, b) => apply('Add', [a, b]),
    /**
     * @param {string} x
     * @param {number} from
     * @param {number} to
     */
    dense: (x, from, to) => apply('Gemm', [x, weights([from, to], from), weights([to], from)]),
    /**
     * @param {string} x
     * @param {number} to
     */
    bias: (x, to) => apply('Add', [x, constant([to], normals([to], 0.02), fresh('b'))]),
    /**
     * @param {string} x
     * @param {number} from
     * @param {number} to
     * @param {{ kernel: number, stride?: number, group?: number }} options
     */
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
    /** @param {string} x */
    pool: (x) => apply('MaxPool', [x], { kernel_shape: [2, 2], strides: [2, 2] }),
    /** @param {string} x */
    globalPool: (x) => apply('Flatten', [apply('GlobalAveragePool', [x])]),
    /** @param {string} x */
    flatten: (x) => apply('Flatten', [x]),
    /** @param {string} x */
    softmax: (x) => apply('Softmax', [x]),
    /**
     * @param {readonly Port[]} inputs
     * @param {string} result
     * @param {Port} output
     * @param {number} [opset]
     * @returns {import('./types.d.ts').MadeModel}
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

/** @param {Weight['data']} data */
function dtypeOf(data) {
  if (data instanceof Float32Array) return 'float32';
  return data instanceof Int8Array ? 'int8' : 'int64';
}

/** @param {Weight} tensor */
function weight({ name, dims, data }) {
  return initializer(name, { dtype: dtypeOf(data), shape: dims, data });
}

/**
 * Symmetric int8: the largest value of a channel becomes `steps`. Integer kernels take 64, as in
 * `perigee pack`: with more, those of x86-64 without VNNI saturate.
 * @param {Float32Array} floats
 * @param {number} channels
 * @param {(index: number, inner: number) => number} channelOf
 * @param {number} [steps]
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

/**
 * A source of standard normal numbers.
 * @param {number} seed
 */
function gaussian(seed) {
  const random = seededRandom(seed);
  return () => drawNormal(random);
}
