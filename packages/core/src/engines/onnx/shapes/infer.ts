import type { OnnxModel } from '@perigee/registry';
import { DENSE } from './dense.ts';
import { ELEMENTWISE } from './elementwise.ts';
import { INDEXING } from './indexing.ts';
import { LAYOUT } from './layout.ts';
import { ML } from './ml.ts';
import { QUANTIZED } from './quantized.ts';
import type { ShapeGraph } from './read.ts';
import { REDUCE } from './reduce.ts';
import { product, tensor, UNKNOWN } from './value.ts';
import type { Notes, Rules, ShapeNode, Shaped, Value } from './value.ts';
import { WINDOWS } from './windows.ts';

/** Free dimensions other than the batch are taken to be this large. */
export const FREE_SIZE = 64;

const RULES: Rules = { ...ELEMENTWISE, ...DENSE, ...WINDOWS, ...REDUCE, ...LAYOUT, ...INDEXING, ...QUANTIZED, ...ML };

/** Operators that multiply: without shapes it cannot be told how often. */
const HEAVY = /^(Conv|ConvInteger|ConvTranspose|QLinearConv|MatMul|MatMulInteger|QLinearMatMul|Gemm)$/;

export interface Inference {
  /** Every tensor of the graph by name. */
  readonly values: ReadonlyMap<string, Value>;
  /** Of a run; null when an operator that multiplies has unknown shapes. */
  readonly multiplications: number | null;
  /** A row's result was found to depend on other rows. */
  readonly coupled: boolean;
}

/** Goes through the graph once, with this many rows in the batch: free first dimensions of inputs. */
export function inferShapes({ nodes, initializers }: ShapeGraph, inputs: OnnxModel['inputs'], rows: number): Inference {
  const values = new Map<string, Value>(initializers);
  for (const { name, shape } of inputs) {
    const sizes = shape.map((size, axis) => (typeof size === 'number' ? size : axis === 0 ? rows : FREE_SIZE));
    // A list of no dimensions stands for a number, and for a shape that the file does not tell.
    if (shape.length === 0) values.set(name, UNKNOWN);
    else values.set(name, tensor(sizes, typeof shape[0] === 'number' ? 'none' : 0));
  }
  let multiplications = 0;
  let isKnown = true;
  let coupled = false;
  const notes: Notes = {
    rows,
    cost: (count) => (multiplications += count),
    couple: () => (coupled = true),
  };
  for (const node of nodes) {
    const given = node.inputs.map((name) => (name === '' ? undefined : (values.get(name) ?? UNKNOWN)));
    const results = outputsOf(node, given, notes);
    if (HEAVY.test(node.op) && !results[0]?.shape) {
      const guess = ofKnownWeights(node, given);
      if (guess === null) isKnown = false;
      else multiplications += guess;
    }
    node.outputs.forEach((name, i) => values.set(name, results[i] ?? UNKNOWN));
  }
  return { values, multiplications: isKnown && Number.isFinite(multiplications) ? multiplications : null, coupled };
}

function outputsOf(node: ShapeNode, given: readonly (Value | undefined)[], notes: Notes): readonly Value[] {
  const present = given.filter((input) => input !== undefined);
  const dependsOnRows = present.some(({ batch }) => batch !== 'none');
  const unknown = node.outputs.map(() => (dependsOnRows || present.some(({ sized }) => sized) || present.length === 0 ? UNKNOWN : tensor(null)));
  const rule = Object.hasOwn(RULES, node.op) ? RULES[node.op] : undefined;
  if (!rule || present.some(({ shape }) => shape === null)) return unknown;
  try {
    const results = rule(node, given as readonly (Shaped | undefined)[], notes);
    if (results.some(({ shape }) => shape?.some((size) => !Number.isInteger(size) || size < 0))) return unknown;
    const loses = present.some(({ batch }) => batch === 'unknown') && node.op !== 'Shape' && node.op !== 'Size';
    return loses ? results.map((result) => ({ ...result, batch: 'unknown' as const })) : results;
  } catch {
    // The shapes do not fit: with other sizes for what is free they may.
    return unknown;
  }
}

/** Of one vector with a matrix of weights, whatever shape the vector comes in. */
function ofKnownWeights({ op }: ShapeNode, [, weights]: readonly (Value | undefined)[]): number | null {
  const isMatrix = (op === 'Gemm' || op === 'MatMul') && weights?.shape?.length === 2;
  return isMatrix && weights.shape ? product(weights.shape) : null;
}
