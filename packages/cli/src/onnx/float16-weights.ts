import { DATA_TYPE, initializer, node } from '@perigee/registry/onnx';
import type { ConversionInput } from './convert-weights.ts';
import { halvesOf } from './half.ts';
import type { Edit, Replacement } from './rewrite.ts';

const LARGEST = 65_504;
/** The smallest number with all 11 bits of precision. */
const SMALLEST_NORMAL = 2 ** -14;

/**
 * Converts weights to float16, cast back to float32 in the graph: half the bytes, and the same
 * float32 arithmetic on every backend. Runtimes cast once, when they open the model.
 */
export function float16Weights({ graph, suffix, values }: ConversionInput): Edit {
  const weights = new Map<string, Replacement>();
  for (const weight of graph.weights.values()) {
    const floats = graph.usedElsewhere.has(weight.name) ? null : values(weight);
    if (!floats || !fits(floats)) continue;
    const stored = weight.name + suffix;
    weights.set(weight.name, {
      initializers: [
        initializer(stored, { dtype: 'float16', shape: weight.dims, data: halvesOf(floats) }),
      ],
      nodes: [node('Cast', [stored], [weight.name], { to: DATA_TYPE.float32 })],
    });
  }
  return { weights, nodes: new Map() };
}

/**
 * Whether float16 can hold the values: all are finite and in its range, and the largest is large
 * enough to keep its precision. Single values near 0 may lose precision. Their error is at most
 * 2^-25, which is below the rounding of the largest value.
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
