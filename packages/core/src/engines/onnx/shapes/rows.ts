import { walkOnnx } from '@perigee/registry';
import { inferShapes } from './infer.ts';
import { readShapeGraph } from './read.ts';

/**
 * Whether each row of a batch gets the result it would get alone: always, not always, or it cannot be
 * told from the graph.
 */
export type RowsRelation = 'independent' | 'coupled' | 'unknown';

/** Stands for the size of the batch: a prime that no size of a model is a multiple of. */
const ROWS = 1_000_003;

/** Follows the rows of the batch from the inputs to the outputs. */
export function relateRows(bytes: Uint8Array): RowsRelation {
  try {
    const { inputs, outputs } = walkOnnx(bytes);
    const { values, coupled } = inferShapes(readShapeGraph(bytes), inputs, ROWS);
    if (coupled) return 'coupled';
    const results = outputs.map(({ name }) => values.get(name));
    if (results.some((result) => !result || result.batch === 'unknown')) return 'unknown';
    return results.every((result) => result?.batch === 0 && result.shape?.[0] === ROWS) ? 'independent' : 'coupled';
  } catch {
    return 'unknown';
  }
}
