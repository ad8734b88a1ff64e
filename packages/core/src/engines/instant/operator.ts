import type { Tensor } from '../../tensor.ts';
import { PerigeeError } from '../../error.ts';
import type { Attribute } from './read-attribute.ts';
import type { GraphNode } from './read-graph.ts';

/** Computes one node: takes its inputs (undefined where omitted) and returns its outputs. */
export type Kernel = (inputs: readonly (Tensor | undefined)[]) => Tensor | readonly Tensor[];

/**
 * Makes the kernel of a node; reads its attributes once.
 * @throws PerigeeError UNSUPPORTED_OPERATOR for attributes that the operator does not support
 */
export type Operator = (node: GraphNode) => Kernel;
export type Operators = Readonly<Record<string, Operator>>;

export function unsupported({ op, name, opset }: GraphNode, what = ''): PerigeeError {
  const operator = op.includes('.') ? op.replace(/\.(?=[^.]*$)/, '::') : op;
  return new PerigeeError(
    'UNSUPPORTED_OPERATOR',
    `The instant engine does not have the operator ${operator} (opset ` +
      `${opset})${what && ` ${what}`}${name && `, which the node "${name}" needs`}. Use ` +
      'backend "wasm".',
    { details: { operator, backend: 'cpu' } },
  );
}

/** The type of a default, widened: 0 becomes number, and "NONE" becomes string. */
type Widened<T> = T extends number ? number : T extends string ? string : T;

export function attribute<T extends Attribute>(
  { attributes }: GraphNode,
  name: string,
  fallback: T,
): Widened<T> {
  return (attributes.get(name) ?? fallback) as Widened<T>;
}

/** The exact integers of an attribute; empty if it has none. */
export function wholeOf({ whole }: GraphNode, name: string): readonly bigint[] {
  return whole.get(name) ?? [];
}

/** Reads a list that is an attribute in older operator sets and an input in newer ones. */
export function listOf(
  node: GraphNode,
  name: string,
  input: Tensor | undefined,
): readonly number[] | undefined {
  return input
    ? Array.from(input.data as ArrayLike<number | bigint>, Number)
    : (node.attributes.get(name) as readonly number[] | undefined);
}
