import type { Tensor } from '../../tensor.ts';
import { PerigeeError } from '../../error.ts';
import type { Attribute } from './read-attribute.ts';
import type { GraphNode } from './read-graph.ts';

/** One node made ready: its inputs (undefined where left out) → its outputs. */
export type Kernel = (inputs: readonly (Tensor | undefined)[]) => Tensor | readonly Tensor[];

/** Reads a node's attributes once, and throws PerigeeError UNSUPPORTED_OPERATOR for what it cannot do. */
export type Operator = (node: GraphNode) => Kernel;
export type Operators = Readonly<Record<string, Operator>>;

export function unsupported({ op, name, opset }: GraphNode, what = ''): PerigeeError {
  const operator = op.includes('.') ? op.replace(/\.(?=[^.]*$)/, '::') : op;
  return new PerigeeError('UNSUPPORTED_OPERATOR', `The instant engine does not have the operator ${operator} (opset ${opset})${what && ` ${what}`}${name && `, which the node "${name}" needs`}. Use backend "wasm".`, { details: { operator, backend: 'cpu' } });
}

/** A default of 0 stands for any number, one of "NONE" for any text. */
type Widened<T> = T extends number ? number : T extends string ? string : T;

export function attribute<T extends Attribute>({ attributes }: GraphNode, name: string, fallback: T): Widened<T> {
  return (attributes.get(name) ?? fallback) as Widened<T>;
}

/** An attribute's whole numbers, exactly; empty without them. */
export function wholeOf({ whole }: GraphNode, name: string): readonly bigint[] {
  return whole.get(name) ?? [];
}

/** A list that is an attribute in older operator sets and an input in newer ones. */
export function listOf(node: GraphNode, name: string, input: Tensor | undefined): readonly number[] | undefined {
  return input ? Array.from(input.data as ArrayLike<number | bigint>, Number) : (node.attributes.get(name) as readonly number[] | undefined);
}
