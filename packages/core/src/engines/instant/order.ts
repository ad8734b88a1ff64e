import { PerigeeError } from '../../error.ts';
import type { GraphNode } from './read-graph.ts';

/**
 * Sorts nodes so that each comes after those that make its inputs. A sorted file keeps its order.
 * @throws PerigeeError WRONG_CONTENT when two nodes make a name, when none makes it, or when it is
 *   made from itself
 */
export function inOrder(
  nodes: readonly GraphNode[],
  known: Iterable<string>,
): readonly GraphNode[] {
  const made = new Set(known);
  const makers = new Map<string, GraphNode>();
  for (const node of nodes) {
    for (const name of node.outputs) {
      if (name === '') continue;
      if (makers.has(name) || made.has(name)) throw invalid(`"${name}" is made twice`);
      makers.set(name, node);
    }
  }
  const needs = (node: GraphNode): string[] =>
    node.inputs.filter((name) => name !== '' && !made.has(name));
  const order: GraphNode[] = [];
  const begun = new Set<GraphNode>();
  for (const first of nodes) {
    // This does not recurse, because a chain may be longer than the call stack is deep.
    const stack = begun.has(first) ? [] : [first];
    for (let node = stack.at(-1); node; node = stack.at(-1)) {
      begun.add(node);
      const next = needs(node)[0];
      if (next === undefined) {
        stack.pop();
        order.push(node);
        for (const name of node.outputs) made.add(name);
        continue;
      }
      const maker = makers.get(next);
      if (!maker)
        throw invalid(`the node "${node.name || node.op}" needs "${next}", which nothing makes`);
      if (begun.has(maker))
        throw invalid(
          `the node "${node.name || node.op}" needs "${next}", which is made of its own result`,
        );
      stack.push(maker);
    }
  }
  return order;
}

function invalid(why: string): PerigeeError {
  return new PerigeeError('WRONG_CONTENT', `The file is not a valid ONNX model: ${why}.`);
}
