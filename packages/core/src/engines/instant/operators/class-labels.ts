import type { Tensor } from '../../../tensor.ts';

/** The labels at these indexes of the model's list, which has either texts or integers. */
export function labels(
  indexes: readonly number[],
  strings: readonly string[],
  ints: readonly bigint[],
): Tensor {
  if (strings.length > 0)
    return { dtype: 'string', shape: [indexes.length], data: indexes.map((i) => strings[i] ?? '') };
  return {
    dtype: 'int64',
    shape: [indexes.length],
    data: BigInt64Array.from(indexes, (i) => ints[i] ?? 0n),
  };
}
