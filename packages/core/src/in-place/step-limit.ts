import type { Tensors } from '../tensor.ts';

/** Most steps of a run with one row. They take about 0.2 ms. */
export const MOST_AT_OPENING = 45_000;
/** Most steps of a call; a larger one goes to a worker before it runs. They take about 1 ms. */
const MOST_PER_CALL = 200_000;
/** Shapes of calls whose steps are remembered. */
const KNOWN_SHAPES = 64;

/** Whether a call with these feeds takes few steps. Shapes that were seen before are remembered. */
export function limitSteps(
  stepsWith: (shapes: Readonly<Record<string, readonly number[]>>) => number,
): (feeds: Tensors) => boolean {
  const known = new Map<string, boolean>();
  let last = '';
  let lastIsFew = false;
  return (feeds) => {
    let key = '';
    for (const name in feeds) key += `${name} ${feeds[name]?.shape.join()};`;
    if (key === last) return lastIsFew;
    let isFew = known.get(key);
    if (isFew === undefined) {
      const shapes: Record<string, readonly number[]> = {};
      for (const name in feeds) shapes[name] = feeds[name]?.shape ?? [];
      isFew = stepsWith(shapes) <= MOST_PER_CALL;
      if (known.size >= KNOWN_SHAPES) known.clear();
      known.set(key, isFew);
    }
    [last, lastIsFew] = [key, isFew];
    return isFew;
  };
}
