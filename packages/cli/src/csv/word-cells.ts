import { CommandError } from '../command.ts';
import { placeOf } from '../pack/read-csv.ts';
import type { CsvTable } from '../pack/read-csv.ts';
import { isMissing, numberIn } from './number.ts';

/** Where bytes are not UTF-8, decoding puts this. */
const UNDECODED = '\uFFFD';
/** A code, as 01234, and no number. */
const CODE = /^[+-]?0\d/;

/**
 * Reads a column as words; null where a cell is missing, undefined where there is no such column. A
 * cell is a word before it is a word for "missing": NA is Namibia where the vocabulary has it.
 * Categories that are numbers are read as apps write them: "3.0" is the word "3".
 * @param vocabulary the words known, where they are
 * @throws CommandError naming the cell that is not in UTF-8
 */
export function wordCells(
  csv: CsvTable,
  name: string,
  vocabulary: readonly string[] | null,
): readonly (string | null)[] | undefined {
  const at = csv.columns.indexOf(name);
  if (at < 0) return undefined;
  const known = new Set(vocabulary);
  const cells = csv.rows.map((row) => row[at] ?? '');
  const broken = cells.findIndex((cell) => cell.includes(UNDECODED));
  if (broken >= 0) {
    throw new CommandError(
      `${placeOf(csv, broken, name)}: "${cells[broken]}" is not in UTF-8. ` +
        'Save the file as UTF-8 (in Excel: "CSV UTF-8").',
    );
  }
  const isPresent = (cell: string): boolean => known.has(cell) || !isMissing(cell);
  const areNumbers = cells.every((cell) => !isPresent(cell) || isNumber(cell, csv));
  return cells.map((cell) => {
    if (!isPresent(cell)) return null;
    return areNumbers && !known.has(cell) ? String(numberIn(cell, csv.decimal)) : cell;
  });
}

/**
 * The different words of a column, in the order that scikit-learn gives categories: by code point,
 * or by value where all are numbers.
 */
export function vocabularyOf(values: readonly (string | null)[]): string[] {
  const words = [...new Set(values)].filter((word) => word !== null);
  const areNumbers = words.every((word) => !CODE.test(word) && String(Number(word)) === word);
  return words.toSorted(
    areNumbers
      ? (a, b) => Number(a) - Number(b)
      : (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)),
  );
}

function isNumber(cell: string, { decimal }: CsvTable): boolean {
  return !CODE.test(cell) && typeof numberIn(cell, decimal) === 'number';
}
