import type { OnnxModel } from '@perigee/registry';
import { DENSE } from './dense.ts';
import { ELEMENTWISE, ELEMENTWISE_OPERATORS } from './elementwise.ts';
import { INDEXING } from './indexing.ts';
import { LAYOUT } from './layout.ts';
import { ML } from './ml.ts';
import { QUANTIZED } from './quantized.ts';
import type { ShapeGraph } from './read.ts';
import { REDUCE } from './reduce.ts';
import { MOST_DIMENSIONS, product, tensor, UNKNOWN } from './value.ts';
import type { Notes, Rules, ShapeNode, Shaped, Value } from './value.ts';
import { WINDOWS } from './windows.ts';

/** The size that is assumed for free dimensions other than the batch. */
export const FREE_SIZE = 64;

const RULES: Rules = {
  ...ELEMENTWISE,
  ...DENSE,
  ...WINDOWS,
  ...REDUCE,
  ...LAYOUT,
  ...INDEXING,
  ...QUANTIZED,
  ...ML,
};

/** Operators that multiply. Without their shapes, the number of multiplications is unknown. */
const HEAVY =
  /^(Conv|ConvInteger|ConvTranspose|QLinearConv|MatMul|MatMulInteger|QLinearMatMul|Gemm)$/;

/** Operators whose rules look for rows in all their inputs, not only in the first. */
const EVERY_INPUT: ReadonlySet<string> = new Set([
  ...ELEMENTWISE_OPERATORS,
  'MatMul',
  'MatMulInteger',
  'Gemm',
  'Concat',
  'Gather',
  ...['FeatureVectorizer', 'ArrayFeatureExtractor'].map((name) => `ai.onnx.ml.${name}`),
]);

/** The index of the input that only gives the shape of the result. */
const GIVES_SHAPE: ReadonlyMap<string, number> = new Map([
  ['Reshape', 1],
  ['Expand', 1],
  ['Tile', 1],
  ['ConstantOfShape', 0],
]);

export interface Inference {
  /** Every tensor of the graph by name. */
  readonly values: ReadonlyMap<string, Value>;
  /** Multiplications of one run; null when an operator that multiplies has unknown shapes. */
  readonly multiplications: number | null;
  /** True when a row's result depends on other rows. */
  readonly coupled: boolean;
}

/** Infers all shapes of a graph, with this many rows in the free first dimensions of inputs. */
export function inferShapes(
  { nodes, initializers }: ShapeGraph,
  inputs: OnnxModel['inputs'],
  rows: number,
  freeSize = FREE_SIZE,
): Inference {
  const values = new Map<string, Value>(initializers);
  for (const { name, shape } of inputs) {
    const sizes = shape.map((size, axis) =>
      typeof size === 'number' ? size : axis === 0 ? rows : freeSize,
    );
    // An empty shape means a scalar, or a shape that the file does not give.
    if (shape.length === 0) values.set(name, UNKNOWN);
    else values.set(name, tensor(sizes, typeof shape[0] === 'number' ? 'none' : 0));
  }
  let multiplications = 0;
  let isKnown = true;
  let coupled = false;
  const notes: Notes = {
    rows,
    // Sizes below zero are refused later.
    cost: (count) => (multiplications += Math.max(0, count)),
    couple: () => (coupled = true),
  };
  for (const node of nodes) {
    const given = node.inputs.map((name) =>
      name === '' ? undefined : (values.get(name) ?? UNKNOWN),
    );
    const results = outputsOf(node, given, notes);
    if (HEAVY.test(node.op) && !results[0]?.shape) {
      const guess = ofKnownWeights(node, given);
      if (guess === null) isKnown = false;
      else multiplications += guess;
    }
    node.outputs.forEach((name, i) => values.set(name, results[i] ?? UNKNOWN));
  }
  return {
    values,
    multiplications: isKnown && Number.isFinite(multiplications) ? multiplications : null,
    coupled,
  };
}

function outputsOf(
  node: ShapeNode,
  given: readonly (Value | undefined)[],
  notes: Notes,
): readonly Value[] {
  const present = given.filter((input) => input !== undefined);
  const isApart =
    !node.hasGraph &&
    present.length > 0 &&
    present.every(({ batch, sized }) => batch === 'none' && !sized);
  const unknown = node.outputs.map(() => (isApart ? tensor(null) : UNKNOWN));
  const rule = Object.hasOwn(RULES, node.op) ? RULES[node.op] : undefined;
  if (!rule || present.some(({ shape }) => shape === null)) return unknown;
  try {
    const results = rule(node, given as readonly (Shaped | undefined)[], notes);
    if (results.some(({ shape }) => shape && !isPossible(shape))) return unknown;
    return results.map((result) => ({ ...result, ...rowsIn(result, node, given) }));
  } catch {
    // The shapes do not fit. They may fit with other sizes of the free dimensions.
    return unknown;
  }
}

function isPossible(shape: readonly number[]): boolean {
  return (
    shape.length <= MOST_DIMENSIONS && shape.every((size) => Number.isInteger(size) && size >= 0)
  );
}

/**
 * Finds the batch axis of a result, and whether its values depend on the number of rows. The rules
 * themselves look only at the rows of some inputs.
 */
function rowsIn(
  result: Value,
  { op }: ShapeNode,
  given: readonly (Value | undefined)[],
): Pick<Value, 'batch' | 'sized'> {
  const { batch, sized } = result;
  // For known values, the rule itself gives both facts.
  if (result.values) return { batch, sized };
  const hasRows = given.some((input) => input && input.batch !== 'none');
  const isLost = given.some(
    (input, i) =>
      input &&
      (input.batch === 'unknown' || (i > 0 && input.batch !== 'none' && !EVERY_INPUT.has(op))),
  );
  const isSized = given.some((input, i) => input?.sized && GIVES_SHAPE.get(op) !== i);
  if (isLost || (hasRows && batch === 'none') || (isSized && (hasRows || batch !== 'none')))
    return { batch: 'unknown', sized };
  return { batch, sized: isSized };
}

/** Multiplications of one vector with a matrix of weights, for an input of unknown shape. */
function ofKnownWeights(
  { op }: ShapeNode,
  [, weights]: readonly (Value | undefined)[],
): number | null {
  const isMatrix = (op === 'Gemm' || op === 'MatMul') && weights?.shape?.length === 2;
  return isMatrix && weights.shape ? product(weights.shape) : null;
}
