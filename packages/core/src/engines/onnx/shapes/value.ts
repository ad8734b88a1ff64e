/** The axis of a tensor along which the rows of the batch lie. */
export type BatchAxis = number | 'none' | 'unknown';

/** The facts about a tensor of the graph that are known without a run. */
export interface Value {
  /** Null if unknown. */
  readonly shape: readonly number[] | null;
  readonly batch: BatchAxis;
  /** The numbers of a small constant, or of a computed shape; null if unknown. */
  readonly values: readonly number[] | null;
  /** The values have a whole-number dtype, so that the walk can compute with them. */
  readonly whole: boolean;
  /** The values depend on the number of rows. */
  readonly sized: boolean;
}

/**
 * Most dimensions of a tensor, and most values that are computed with. Real models have fewer. A
 * damaged file could double them with each node.
 */
export const MOST_DIMENSIONS = 16;
export const MOST_VALUES = 64;

/** A value whose shape is known. */
export interface Shaped extends Value {
  readonly shape: readonly number[];
}

export type NodeAttribute = number | string | readonly number[] | Value;

export interface ShapeNode {
  /** The operator, such as `Gemm`, or `ai.onnx.ml.Scaler` with its domain. */
  readonly op: string;
  readonly opset: number;
  /** An empty name stands for an omitted input. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, NodeAttribute>;
  /** The node has graphs of its own, which may use any tensor of this graph. */
  readonly hasGraph: boolean;
}

/** Receives the facts that a rule finds in addition to its results. */
export interface Notes {
  /** Size of the batch dimension during this inference. */
  readonly rows: number;
  /** Adds multiplications, or steps that take as long, to the cost. */
  cost(multiplications: number): void;
  /** Notes that a row's result depends on other rows. */
  couple(): void;
}

/**
 * Returns the outputs of one node. The inputs that are present have known shapes. A rule may look
 * for the batch axis in the first input only. It throws when the shapes do not fit each other; the
 * outputs are then unknown.
 */
export type Rule = (
  node: ShapeNode,
  inputs: readonly (Shaped | undefined)[],
  notes: Notes,
) => readonly Value[];
export type Rules = Readonly<Record<string, Rule>>;

export function tensor(shape: readonly number[] | null, batch: BatchAxis = 'none'): Value {
  return { shape, batch, values: null, whole: false, sized: false };
}

/** Known values. By default they are integers that do not depend on the number of rows. */
export function constant(
  shape: readonly number[],
  values: readonly number[],
  { whole = true, sized = false } = {},
): Value {
  return { shape, batch: 'none', values, whole, sized };
}

/** A tensor of the same shape with other values. */
export function like({ shape, batch }: Value): Value {
  return tensor(shape, batch);
}

export const UNKNOWN: Value = tensor(null, 'unknown');

export function product(sizes: readonly number[]): number {
  return sizes.reduce((all, size) => all * size, 1);
}

/** The index of an axis. A negative axis counts from the end. */
export function axisOf(axis: number, rank: number): number {
  const found = axis < 0 ? axis + rank : axis;
  if (!(found >= 0 && found <= rank)) throw new RangeError(`axis ${axis} of ${rank}`);
  return found;
}

export function numberOf({ attributes }: ShapeNode, name: string, fallback: number): number {
  const found = attributes.get(name);
  return typeof found === 'number' ? found : fallback;
}

export function textOf({ attributes }: ShapeNode, name: string, fallback: string): string {
  const found = attributes.get(name);
  return typeof found === 'string' ? found : fallback;
}

export function listOf({ attributes }: ShapeNode, name: string): readonly number[] | undefined {
  const found = attributes.get(name);
  return Array.isArray(found) ? (found as readonly number[]) : undefined;
}

/**
 * Reads a list that is an attribute in older operator sets and an input in newer ones. Undefined
 * when it is omitted.
 */
export function listAt(
  node: ShapeNode,
  name: string,
  input: Shaped | undefined,
): readonly number[] | undefined {
  return input ? valuesOf(input) : listOf(node, name);
}

export function valuesOf({ values }: Value): readonly number[] {
  if (!values) throw new RangeError('its values are not known');
  return values;
}

export function need(input: Shaped | undefined): Shaped {
  if (!input) throw new RangeError('an input is missing');
  return input;
}
