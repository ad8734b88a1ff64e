import type { Tensor } from '../../../tensor.ts';

/** Classes by their places in the model's own list, which is of texts or of whole numbers. */
export function labels(indexes: readonly number[], strings: readonly string[], ints: readonly bigint[]): Tensor {
  if (strings.length > 0) return { dtype: 'string', shape: [indexes.length], data: indexes.map((i) => strings[i] ?? '') };
  return { dtype: 'int64', shape: [indexes.length], data: BigInt64Array.from(indexes, (i) => ints[i] ?? 0n) };
}
