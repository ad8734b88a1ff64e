import type { Signature } from '@perigee/registry';
import { PerigeeError } from '../../error.ts';
import type { Tensor, Tensors } from '../../tensor.ts';
import { inOrder } from './order.ts';
import { unsupported } from './operator.ts';
import { checkAttributes } from './operators/attributes.ts';
import type { Kernel, Operators } from './operator.ts';
import type { Graph, GraphNode } from './read-graph.ts';
import { allocate } from './tensors.ts';

interface Step {
  readonly kernel: Kernel;
  /** Numbers of slots; −1 where omitted. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

/**
 * A graph as a list of calls on numbered slots. Nodes that do not depend on the inputs are already
 * computed.
 */
export interface Plan {
  /** Values that all runs share. Callers must not get their buffers. */
  readonly constants: readonly Tensor[];
  run(feeds: Tensors, outputs: readonly string[]): Tensors;
}

/**
 * Plans a graph: sorts its nodes, makes their kernels, and computes the constant ones.
 * @throws PerigeeError UNSUPPORTED_OPERATOR naming the first operator that is not in the table,
 *   WRONG_CONTENT for a graph that cannot be put in order
 */
export function makePlan(
  { nodes, constants, defaults }: Graph,
  { inputs, outputs }: Signature,
  operators: Operators,
): Plan {
  // Refuses dtypes that the engine cannot compute with, such as float16, which travels as patterns.
  for (const { dtype } of [...inputs, ...outputs]) allocate(dtype, []);
  const slots = new Map<string, number>();
  const known: (Tensor | undefined)[] = [];
  const slotOf = (name: string): number => {
    const slot = slots.get(name) ?? slots.size;
    slots.set(name, slot);
    return slot;
  };
  for (const [name, tensor] of constants) known[slotOf(name)] = tensor;
  for (const { name } of inputs) known[slotOf(name)] = undefined;

  const steps: Step[] = [];
  for (const node of inOrder(nodes, slots.keys())) {
    const kernel = prepare(node, operators);
    const step = {
      kernel,
      inputs: node.inputs.map((name) => (name === '' ? -1 : (slots.get(name) as number))),
      outputs: node.outputs.map((name) => (name === '' ? -1 : slotOf(name))),
    };
    if (step.inputs.every((slot) => slot < 0 || known[slot])) runStep(step, known);
    else steps.push(step);
  }
  const results = outputs.map(({ name }) => [name, slots.get(name) ?? missing(name)] as const);

  return {
    constants: [...known.filter((value) => value !== undefined), ...defaults.values()],
    run(feeds, wanted) {
      const values = known.slice();
      for (const { name } of inputs)
        values[slots.get(name) as number] = feeds[name] ?? defaults.get(name);
      for (const step of steps) runStep(step, values);
      const found: Record<string, Tensor> = {};
      for (const [name, slot] of results)
        if (wanted.includes(name)) found[name] = values[slot] as Tensor;
      return found;
    },
  };
}

function prepare(node: GraphNode, operators: Operators): Kernel {
  // An operator's name may be that of a property of all objects.
  const operator = Object.hasOwn(operators, node.op) ? operators[node.op] : undefined;
  if (!operator) throw unsupported(node);
  checkAttributes(node);
  return operator(node);
}

function runStep({ kernel, inputs, outputs }: Step, values: (Tensor | undefined)[]): void {
  const result = kernel(inputs.map((slot) => (slot < 0 ? undefined : values[slot])));
  const [first] = outputs;
  if ('dtype' in result) {
    if (first !== undefined && first >= 0) values[first] = result;
    return;
  }
  for (const [i, slot] of outputs.entries()) if (slot >= 0) values[slot] = result[i];
}

function missing(name: string): never {
  throw new PerigeeError(
    'WRONG_CONTENT',
    `The file is not a valid ONNX model: it lists the output "${name}", which no node computes.`,
  );
}
