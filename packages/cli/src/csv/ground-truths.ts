import { CommandError } from '../command.ts';
import { placeOf } from './read-csv.ts';
import type { CsvTable } from './read-csv.ts';
import { adviceOn, isMeantAsNumber, isMissing, numberIn } from './number.ts';

/** Rows of a CSV with a known ground truth, and the ground truth. */
export interface Labelled {
  readonly rows: readonly number[];
  readonly groundTruths: readonly string[];
  readonly withoutGroundTruth: number;
}

/** The kind of ground truth. A class is one of `labels`, if they are known. */
export interface GroundTruthKind {
  readonly kind: 'classes' | 'number';
  readonly labels?: readonly string[] | undefined;
}

const SHOWN = 10;

/**
 * Leaves out rows without a ground truth: an empty cell or a word for "missing", unless that word
 * is a label.
 * @throws CommandError when the column does not exist, or the model cannot predict a ground truth
 */
export function labelledRows(
  csv: CsvTable,
  label: string,
  { kind, labels }: GroundTruthKind,
): Labelled {
  const at = csv.columns.indexOf(label);
  if (at < 0) {
    throw new CommandError(
      `${csv.path} has no column "${label}". It has: ${csv.columns.join(', ')}.` +
        ' Name the column with the ground truth with --label.',
    );
  }
  const known = labels && new Set(labels);
  const cellOf = (row: number): string => csv.rows[row]?.[at] ?? '';
  const hasGroundTruth = (cell: string): boolean => known?.has(cell) === true || !isMissing(cell);
  const rows = [...csv.rows.keys()].filter((row) => hasGroundTruth(cellOf(row)));
  const groundTruths = rows.map((row) => {
    const cell = cellOf(row);
    if (kind === 'number') return numericGroundTruth(csv, row, label, cell);
    if (known && !known.has(cell)) throw unknownLabel(csv, row, label, cell, [...known]);
    return cell;
  });
  return { rows, groundTruths, withoutGroundTruth: csv.rows.length - rows.length };
}

function numericGroundTruth(csv: CsvTable, row: number, label: string, cell: string): string {
  const value = numberIn(cell, csv.decimal);
  if (typeof value === 'number') return String(value);
  const remedy =
    value === undefined && isMeantAsNumber(cell)
      ? adviceOn(cell, csv.decimal)
      : 'Pack it with --labels if it is a classifier.';
  throw new CommandError(
    `${placeOf(csv, row, label)}: the model answers a number, ` +
      `and "${cell}" is not one. ${remedy}`,
  );
}

function unknownLabel(
  csv: CsvTable,
  row: number,
  label: string,
  cell: string,
  known: readonly string[],
): CommandError {
  const names = known
    .slice(0, SHOWN)
    .map((name) => `"${name}"`)
    .join(', ');
  const more = known.length > SHOWN ? ` and ${known.length - SHOWN} more` : '';
  return new CommandError(
    `${placeOf(csv, row, label)}: "${cell}" is not a label of the model. ` +
      `Its labels are ${names}${more}. Write the ground truth as one of them, ` +
      'leave the cell empty where it is not known, or name another column with --label.',
  );
}
