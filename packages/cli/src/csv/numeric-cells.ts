import { placeOf } from './read-csv.ts';
import type { CsvTable } from './read-csv.ts';
import { adviceOn, isMeantAsNumber, isMissing, numberIn } from './number.ts';

/** A column as numbers, or why it is not numeric. `said` names the first cell that is no number. */
export type NumericCells =
  | { readonly kind: 'numbers'; readonly values: readonly (number | null)[] }
  | { readonly kind: 'words' | 'empty' | 'absent' }
  | { readonly kind: 'mixed'; readonly said: string };

/**
 * Reads a column as numbers; null for missing cells. `words`: no cell is a number or was probably
 * meant as one. `mixed`: only some cells are.
 */
export function numericCells(csv: CsvTable, name: string): NumericCells {
  const at = csv.columns.indexOf(name);
  if (at < 0) return { kind: 'absent' };
  const cells = csv.rows.map((row) => row[at] ?? '');
  const values = cells.map((cell) => numberIn(cell, csv.decimal));
  const row = values.indexOf(undefined);
  if (row < 0) {
    const numbers = values.map((value) => value ?? null);
    const isEmpty = numbers.every((value) => value === null);
    return isEmpty ? { kind: 'empty' } : { kind: 'numbers', values: numbers };
  }
  const isNumber = (cell: string, i: number): boolean =>
    typeof values[i] === 'number' || (!isMissing(cell) && isMeantAsNumber(cell));
  if (!cells.some(isNumber)) return { kind: 'words' };
  const cell = cells[row] ?? '';
  const place = placeOf(csv, row, name);
  const advice = adviceOn(cell, csv.decimal);
  return {
    kind: 'mixed',
    said: `${place}: "${cell}" is not a number that a model can read. ${advice}`,
  };
}
