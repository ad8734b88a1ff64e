import type { OnnxModel } from '@perigee/registry';
import { inferShapes } from '../onnx/shapes/infer.ts';
import type { ShapeGraph } from '../onnx/shapes/read.ts';
import { listOf, product } from '../onnx/shapes/value.ts';
import type { ShapeNode, Value } from '../onnx/shapes/value.ts';

/** Steps per element that an operator reads or writes, and more for each dimension. */
const PER_ELEMENT = 4;
/** Steps to begin an operator, and for each of its inputs and outputs. */
const PER_NODE = 60;
const PER_TENSOR = 10;

/**
 * Estimates the steps of a run, of about 4 ns each in plain JavaScript: multiplications, elements
 * that are read and written, visited nodes of trees. The work of a constant node counts too, which
 * is done when the model is opened. Infinity when a shape is not known before the run.
 * @param inputs the inputs with the sizes of the run; a size that is missing counts as `FREE_SIZE`,
 *   and as 1 in the first dimension
 */
export function stepsOf(graph: ShapeGraph, inputs: OnnxModel['inputs']): number {
  const { values, multiplications } = inferShapes(graph, inputs, 1);
  if (multiplications === null) return Infinity;
  return graph.nodes.reduce((sum, node) => sum + stepsOfNode(node, graph, values), multiplications);
}

function stepsOfNode(
  node: ShapeNode,
  { initializers }: ShapeGraph,
  values: ReadonlyMap<string, Value>,
): number {
  const read = node.inputs.filter((name) => name !== '' && !initializers.has(name));
  const made = node.outputs.filter((name) => name !== '');
  const steps = (name: string): number => stepsPer(values.get(name));
  const elements = [...read, ...made].reduce((sum, name) => sum + steps(name), 0);
  const tensors = node.inputs.length + node.outputs.length;
  const windows = Math.max(1, product(listOf(node, 'kernel_shape') ?? []));
  const rows = values.get(node.inputs[0] ?? '')?.shape?.[0] ?? 1;
  return PER_NODE + PER_TENSOR * tensors + elements * windows + rows * longestList(node);
}

function stepsPer(value: Value | undefined): number {
  const shape = value?.shape;
  // An operator may go through the other dimensions of an empty tensor.
  const elements = product((shape ?? []).map((size) => Math.max(1, size)));
  return shape ? elements * (PER_ELEMENT + shape.length) : Infinity;
}

/**
 * The length of the longest list of an operator for tables: nodes of trees, coefficients, labels. A
 * row visits at most that many.
 */
function longestList({ op, attributes }: ShapeNode): number {
  if (!op.startsWith('ai.onnx.ml.')) return 0;
  return Math.max(
    0,
    ...[...attributes.values()].map((value) => (Array.isArray(value) ? value.length : 0)),
  );
}
