import { walkOnnx } from '@perigee/registry';
import type { OnnxModel } from '@perigee/registry';
import { inferShapes } from './infer.ts';
import { readShapeGraph } from './read.ts';
import type { Value } from './value.ts';

/**
 * How the rows of a batch affect each other.
 * - `independent`: each row always gets the result that it gets alone.
 * - `coupled`: the result of a row may depend on the other rows.
 * - `unknown`: the graph does not show it.
 */
export type RowsRelation = 'independent' | 'coupled' | 'unknown';

/** Two sizes of the batch. They are primes, and no size in a model is a multiple of them. */
const ROWS = 1_000_003;
const OTHER_ROWS = 1_000_033;
/**
 * A size for the other free dimensions. It is a prime, so that sizes in a model do not divide it.
 */
const ODD_SIZE = 61;

/** Follows the rows of the batch through the graph, from the inputs to the outputs. */
export function relateRows(bytes: Uint8Array): RowsRelation {
  try {
    const { inputs, outputs } = walkOnnx(bytes);
    const graph = readShapeGraph(bytes);
    const { values, coupled } = inferShapes(graph, inputs, ROWS);
    if (coupled) return 'coupled';
    const results = outputs.map(({ name }) => values.get(name));
    if (results.some((result) => !result?.shape || result.batch === 'unknown')) return 'unknown';
    if (!results.every((result) => result?.batch === 0 && result.shape?.[0] === ROWS))
      return 'coupled';
    return isSameForAllSizes(graph, inputs) ? 'independent' : 'unknown';
  } catch {
    return 'unknown';
  }
}

/**
 * Whether the number of rows changes only the batch axes, by comparing two numbers of rows. A size
 * in the model may happen to match one number of rows, or one length of a sequence, but not two.
 */
function isSameForAllSizes(
  graph: Parameters<typeof inferShapes>[0],
  inputs: OnnxModel['inputs'],
): boolean {
  const [one, other] = [
    inferShapes(graph, inputs, ROWS, ODD_SIZE),
    inferShapes(graph, inputs, OTHER_ROWS, ODD_SIZE),
  ];
  if (one.coupled || other.coupled) return false;
  return [...one.values].every(([name, value]) => {
    const again = other.values.get(name);
    return again !== undefined && isSameButForRows(value, again);
  });
}

function isSameButForRows(a: Value, b: Value): boolean {
  if (a.batch !== b.batch || a.shape?.length !== b.shape?.length) return false;
  const isSameShape = (a.shape ?? []).every((size, axis) =>
    axis === a.batch
      ? size / ROWS === (b.shape?.[axis] ?? 0) / OTHER_ROWS
      : size === b.shape?.[axis],
  );
  return isSameShape && (a.sized || b.sized || a.values?.join() === b.values?.join());
}
