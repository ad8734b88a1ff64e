import { table } from '../../print/table.ts';
import type { GoldenRow } from './golden-samples.ts';

const MAX_ROWS = 20;

/** A table of golden outputs with their errors; a long list is cut. */
export function goldenTable(rows: readonly GoldenRow[]): string {
  const shown = rows
    .slice(0, MAX_ROWS)
    .map(({ id, output, maxError }) => [
      id,
      output,
      maxError === null ? 'another dtype or shape, or not finite' : maxError.toPrecision(3),
    ]);
  const more = rows.length > MAX_ROWS ? `\n… and ${rows.length - MAX_ROWS} more` : '';
  return table(['sample', 'output', 'largest error'], shown) + more;
}
