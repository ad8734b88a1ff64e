import { halvesOf } from '../pack/half.ts';
import type { ConversionInput } from './convert-weights.ts';
import { DATA_TYPE, intAttribute, nodeProto, tensorProto } from './protos.ts';
import type { Edit, Replacement } from './rewrite.ts';

const LARGEST = 65_504;
/** The smallest number with all 11 bits of precision. */
const SMALLEST_NORMAL = 2 ** -14;

/**
 * Weights as float16, cast back to float32 in the graph: half the bytes, and the same float32 arithmetic on every backend. Runtimes
 * cast once, while they open the model.
 */
export function float16Weights({ graph, suffix, values }: ConversionInput): Edit {
  const weights = new Map<string, Replacement>();
  for (const weight of graph.weights.values()) {
    const floats = graph.usedElsewhere.has(weight.name) ? null : values(weight);
    if (!floats || !fits(floats)) continue;
    const stored = weight.name + suffix;
    weights.set(weight.name, {
      tensors: [tensorProto(stored, weight.dims, DATA_TYPE.float16, halvesOf(floats))],
      nodes: [nodeProto('Cast', [stored], [weight.name], [intAttribute('to', DATA_TYPE.float32)])],
    });
  }
  return { weights, nodes: new Map() };
}

/**
 * None larger than float16 goes, none that is no number, and the largest not so small that all of them lose precision. Single values near
 * 0 may: they are off by 2^-25 at most, which is below the rounding of the largest.
 */
function fits(floats: Float32Array): boolean {
  let largest = 0;
  for (const value of floats) {
    const size = Math.abs(value);
    if (!(size <= LARGEST)) return false;
    if (size > largest) largest = size;
  }
  return largest === 0 || largest >= SMALLEST_NORMAL;
}
