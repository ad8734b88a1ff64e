// Random graphs of several nodes over a batch of rows.
import { graphInput, graphOutput, initializer, model, node } from '@perigee/registry/onnx';
import { runReference } from './compare.mjs';
import { Random, tensor } from './random.mjs';
import { COMPUTE } from './steps/compute.mjs';
import { LAYOUT } from './steps/layout.mjs';
import { ROWS } from './steps/shared.mjs';
import { SIZES } from './steps/sizes.mjs';

/** @typedef {import('./types.d.ts').Attributes} Attributes */
/** @typedef {import('./types.d.ts').Dtype} Dtype */
/** @typedef {import('./types.d.ts').MadeGraph} MadeGraph */
/** @typedef {import('./types.d.ts').Shape} Shape */
/** @typedef {import('./types.d.ts').Step} Step */

/**
 * @typedef {object} GraphNode
 * @property {string} op
 * @property {readonly string[]} inputs
 * @property {Attributes} attributes
 * @property {readonly string[]} outputs
 */

const MOST_VALUES = 4_000;

/** A graph that grows node by node. ONNX Runtime gives the shape of each new tensor. */
export class Graph {
  /** @param {Random} random */
  constructor(random) {
    this.random = random;
    this.opset = random.pick([12, 13, 17]);
    /** @type {GraphNode[]} */
    this.nodes = [];
    /** @type {{ name: string, value: import('./types.d.ts').FuzzTensor }[]} */
    this.weights = [];
    /** @type {{ name: string, shape: Shape }[]} */
    this.inputs = [];
    /**
     * By name: dtype and shape with two rows.
     * @type {Map<string, { dtype: Dtype, shape: Shape }>}
     */
    this.tensors = new Map();
    this.names = 0;
  }

  /** @param {Shape} shape */
  input(shape) {
    const name = `x${this.inputs.length}`;
    this.inputs.push({ name, shape });
    this.tensors.set(name, { dtype: 'float32', shape: [ROWS, ...shape] });
  }

  /** @param {import('./types.d.ts').FuzzTensor} value */
  weight(value) {
    const name = `w${this.names++}`;
    this.weights.push({ name, value });
    return name;
  }

  /**
   * @param {string} op
   * @param {readonly string[]} inputs
   * @param {Attributes} [attributes]
   * @param {number} [outputs] their number
   * @returns the name of the first output
   */
  node(op, inputs, attributes = {}, outputs = 1) {
    return this.nodeOf(op, inputs, attributes, outputs)[0];
  }

  /**
   * @param {string} op
   * @param {readonly string[]} inputs
   * @param {Attributes} attributes
   * @param {number} outputs their number
   * @returns the names of the outputs
   */
  nodeOf(op, inputs, attributes, outputs) {
    const names = Array.from({ length: outputs }, () => `t${this.names++}`);
    this.nodes.push({ op, inputs, attributes, outputs: names });
    return names;
  }

  /**
   * The nodes that these outputs need.
   * @param {readonly string[]} outputs
   */
  needed(outputs) {
    const names = new Set(outputs);
    const found = this.nodes.toReversed().filter((node) => {
      const isNeeded = node.outputs.some((name) => names.has(name));
      if (isNeeded) for (const name of node.inputs) names.add(name);
      return isNeeded;
    });
    return found.reverse();
  }

  /** @param {readonly string[]} outputs */
  bytes(outputs) {
    const nodes = this.needed(outputs).map((one) =>
      node(one.op, one.inputs, one.outputs, one.attributes, {
        isProto3: true,
      }),
    );
    return model(
      [
        ...nodes,
        ...this.weights.map(({ name, value }) => initializer(name, value)),
        ...this.inputs.map(({ name, shape }) => graphInput(name, 'float32', ['rows', ...shape])),
        ...outputs.map((name) => graphOutput(name, this.tensors.get(name)?.dtype ?? 'float32')),
      ],
      { opsets: { '': this.opset, 'ai.onnx.ml': 3 } },
    );
  }

  /**
   * @param {number} rows
   * @param {number} seed
   * @param {number} size
   */
  feeds(rows, seed, size) {
    const random = new Random(seed);
    const range = { low: -size, high: size, tame: true };
    return Object.fromEntries(
      this.inputs.map(({ name, shape }) => [
        name,
        tensor(random, 'float32', [rows, ...shape], range),
      ]),
    );
  }

  /**
   * Adds the nodes of `grow`, if ONNX Runtime runs them.
   * @param {Step} grow
   */
  async try(grow) {
    const [nodes, weights] = [this.nodes.length, this.weights.length];
    const names = grow(this);
    const made = this.nodes.slice(nodes).flatMap(({ outputs }) => outputs);
    const wanted = names ? made : [];
    for (const name of wanted) this.tensors.set(name, { dtype: dtypeOf(this, name), shape: [] });
    const { outputs } =
      wanted.length > 0
        ? await runReference(this.bytes(wanted), this.feeds(ROWS, 1, 2))
        : { outputs: undefined };
    const isFine =
      outputs &&
      Object.values(outputs).every(({ data }) => data.length > 0 && data.length <= MOST_VALUES);
    for (const name of wanted) {
      if (isFine)
        this.tensors.set(name, { dtype: outputs[name].dtype, shape: outputs[name].shape });
      else this.tensors.delete(name);
    }
    if (isFine) return;
    this.nodes.length = nodes;
    this.weights.length = weights;
  }

  /**
   * A tensor of this dtype and at least this rank, mostly one of the newest; null if there is none.
   * @param {Dtype} [dtype]
   * @param {number} [rank]
   * @returns {import('./types.d.ts').Picked | null}
   */
  pick(dtype = 'float32', rank = 0) {
    const all = [...this.tensors].filter(
      ([, one]) => one.dtype === dtype && one.shape.length >= rank,
    );
    if (all.length === 0) return null;
    const from = this.random.chance(0.7) ? Math.max(0, all.length - 3) : 0;
    const [name, { shape }] = all[this.random.between(from, all.length - 1)];
    return { name, shape, rank: shape.length };
  }

  /** A tensor of floats of at least this rank. Throws if there is none. */
  any(rank = 0) {
    const picked = this.pick('float32', rank);
    if (!picked) throw new Error(`The graph has no float32 tensor of rank ${rank}.`);
    return picked;
  }
}

const WHOLE = /^(Shape|ArgMax|Range|NonZero|Size)$/;
/**
 * The dtype declared to ONNX Runtime, which checks it.
 * @param {Graph} graph
 * @param {string} name
 * @returns {Dtype}
 */
function dtypeOf(graph, name) {
  const made = graph.nodes.find((node) => node.outputs.includes(name));
  if (!made) throw new Error(`No node makes ${name}.`);
  const { op, inputs, outputs, attributes } = made;
  if (WHOLE.test(op) || ((op === 'TopK' || op === 'MaxPool') && name === outputs[1]))
    return 'int64';
  if (op === 'DynamicQuantizeLinear') return name === outputs[1] ? 'float32' : 'uint8';
  if (op === 'Cast') return attributes.to === 7 ? 'int64' : 'float32';
  if (/^(DequantizeLinear|OneHot)$/.test(op)) return 'float32';
  const from =
    graph.weights.find((weight) => weight.name === inputs[0])?.value ??
    graph.tensors.get(inputs[0]);
  if (op === 'ConstantOfShape') return 'float32';
  return from?.dtype ?? 'float32';
}

/** The steps that may be added to a graph. */
const STEPS = { ...COMPUTE, ...LAYOUT, ...SIZES };

/** Steps that mostly keep rows apart. Without them nearly every graph would mix its rows. */
const ROW_WISE = [
  STEPS.unary,
  STEPS.withWeight,
  STEPS.binary,
  STEPS.matMulWeight,
  STEPS.reshape,
  STEPS.reshapeBySizes,
  STEPS.unsqueeze,
  STEPS.reduce,
  STEPS.softmax,
  STEPS.concat,
  STEPS.slice,
  STEPS.gather,
  STEPS.topK,
  STEPS.convolution,
  STEPS.expandWeight,
  STEPS.layerNormalization,
];

/**
 * The graph of a seed, and its outputs.
 * @param {number} seed
 * @param {number} [steps]
 * @returns {Promise<MadeGraph>}
 */
export async function makeGraph(seed, steps = 8) {
  const random = new Random(Math.imul(seed, 0x9e3779b1));
  const graph = new Graph(random);
  const count = random.pick([1, 1, 2]);
  const shape = random.shape(random.between(0, 2), 4).map((size) => size || 1);
  for (let i = 0; i < count; i += 1) graph.input(shape);
  for (let i = random.between(2, steps); i > 0; i -= 1)
    await graph.try(random.pick(random.chance(0.5) ? ROW_WISE : Object.values(STEPS)));
  const made = graph.nodes.flatMap(({ outputs }) => outputs);
  const outputs = [made.at(-1), ...(random.chance(0.3) ? [random.pick(made)] : [])];
  return { seed, graph, outputs: [...new Set(outputs)].filter((name) => name !== undefined) };
}

/** @param {MadeGraph} made */
export function describeGraph({ seed, graph, outputs }) {
  const nodes = graph.needed(outputs).map(({ op, inputs, attributes, outputs: made }) => {
    const given = inputs.map((name) => `${name}${shown(graph, name)}`);
    const shapes = made.map((name) => graph.tensors.get(name)?.shape.join(' '));
    return `    ${made} = ${op}(${given}) ${JSON.stringify(attributes)} [${shapes}]`;
  });
  return `seed ${seed}, opset ${graph.opset}: ${outputs}\n${nodes.join('\n')}`;
}

/**
 * @param {Graph} graph
 * @param {string} name
 */
function shown(graph, name) {
  const value = graph.weights.find((weight) => weight.name === name)?.value;
  if (!value) return '';
  return value.dtype === 'int64' ? `=${[...value.data]}` : `[${value.shape}]`;
}
