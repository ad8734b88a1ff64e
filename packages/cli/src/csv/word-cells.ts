import { CommandError } from '../command.ts';
import { placeOf } from './read-csv.ts';
import type { CsvTable } from './read-csv.ts';
import { isMissing, numberIn } from './number.ts';

/** Decoding replaces bytes that are not UTF-8 by this character. */
const UNDECODED = '\uFFFD';
/** A code such as 01234, which is not a number. */
const CODE = /^[+-]?0\d/;

/**
 * Reads a column as words; null for missing cells, undefined without such a column. The vocabulary
 * takes precedence over words for "missing": NA is Namibia if the vocabulary has it. Categories
 * that are numbers get the form that apps use: "3.0" is the word "3".
 * @param vocabulary the known words, if any
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
 * The distinct words of a column, in scikit-learn's order of categories: by code point, or by value
 * if all are numbers.
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
