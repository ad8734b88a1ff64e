import type { Tensor, Tensors } from '../tensor.ts';
import { outputsAgree } from './outputs-agree.ts';
import { checkRows, rowsOf, splitOutputs, stackFeeds } from './stack.ts';

/**
 * Magnitudes of the values in the made-up feeds. They are far apart, so that a statistic of the
 * whole batch differs from each row's.
 */
const MAGNITUDES = [1, 1_000];

/**
 * Runs made-up feeds of these shapes separately and as one batch, and compares the outputs.
 * @returns false when they differ, a run fails, no feeds can be made up, or all feeds give the same
 */
export async function rowsAreIndependent(
  like: Tensors,
  run: (feeds: Tensors) => Promise<Tensors>,
): Promise<boolean> {
  const feeds = MAGNITUDES.map((magnitude, index) => madeUp(like, magnitude, index));
  if (!feeds.some((one) => one !== null)) return false;
  try {
    const list = feeds.filter((one) => one !== null);
    const alone: Tensors[] = [];
    for (const one of list) alone.push(await run(one));
    const [first, second] = alone;
    if (!first || !second || outputsAgree(first, second)) return false;
    const rows = list.map(rowsOf);
    const total = rows.reduce((sum, count) => sum + count, 0);
    const parts = splitOutputs(checkRows(await run(stackFeeds(list)), total), rows);
    return parts.every((part, index) => outputsAgree(part, alone[index] ?? {}));
  } catch {
    return false;
  }
}

/** Null for dtypes whose values cannot be made up: text and float16. */
function madeUp(like: Tensors, magnitude: number, index: number): Tensors | null {
  const feeds: Record<string, Tensor> = {};
  for (const [name, tensor] of Object.entries(like)) {
    const { dtype, shape, data } = tensor;
    if (Array.isArray(data) || dtype === 'float16') return null;
    const isFloat = dtype.startsWith('float');
    // Integers are mostly indexes, where 0 and 1 are nearly always valid. The second feed has only
    // 1s, so that the feeds differ in more than their order.
    const value = (i: number): number =>
      isFloat ? magnitude * Math.sin(1 + i * (index + 1.7)) : index === 0 ? i % 2 : 1;
    const values = data.slice() as unknown as (number | bigint)[];
    for (let i = 0; i < values.length; i += 1)
      values[i] = typeof values[i] === 'bigint' ? BigInt(value(i)) : value(i);
    feeds[name] = { dtype, shape, data: values } as unknown as Tensor;
  }
  return feeds;
}
