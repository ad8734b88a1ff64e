export type DecimalMark = '.' | ',';

/** The default list of pandas and "?", in lower case. */
const MISSING: ReadonlySet<string> = new Set([
  '',
  '#n/a',
  '#n/a n/a',
  '#na',
  '-1.#ind',
  '-1.#qnan',
  '-nan',
  '1.#ind',
  '1.#qnan',
  '<na>',
  'n/a',
  'na',
  'nan',
  'none',
  'null',
  '?',
]);
const NUMBER = {
  '.': /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i,
  ',': /^[+-]?(?:\d+,?\d*|,\d+)(?:e[+-]?\d+)?$/i,
} as const;
const HEX = /^[+-]?0x[0-9a-f]+$/i;
const INFINITE = /^[+-]?inf(?:inity)?$/i;
/** Digits with any separators, a currency, a percent sign. */
const NEARLY = /^[+\-−]?\s?[$€£¥]?\s?\d[\d.,'’_\s]*(?:e[+-]?\d+)?\s?[%$€£¥]?$/i;
/** Numbers with a comma between thousands, such as 1,234.5. */
const GROUPED = /^[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?$/;
/** Numbers such as 1,234, in which the comma may separate thousands or decimals. */
const AMBIGUOUS = /^[+-]?[1-9]\d{0,2},\d{3}$/;
/** Whole numbers with a comma between thousands, such as 1,234 and 12,345,678. */
const GROUPED_ONLY = /^[+-]?[1-9]\d{0,2}(?:,\d{3})+$/;
const DECIMAL_COMMA = /^[+-]?\d*,\d+(?:e[+-]?\d+)?$/i;

export function isMissing(cell: string): boolean {
  return MISSING.has(cell.toLowerCase());
}

/** A cell as a number. Null if it is missing, undefined if it is not a float32 number. */
export function numberIn(cell: string, mark: DecimalMark): number | null | undefined {
  if (isMissing(cell)) return null;
  if (!NUMBER[mark].test(cell)) return undefined;
  const value = Number(cell.replace(',', '.'));
  return Number.isFinite(Math.fround(value)) ? value : undefined;
}

/** Whether a cell that is not a number was probably meant as one. */
export function isMeantAsNumber(cell: string): boolean {
  return HEX.test(cell) || INFINITE.test(cell) || NEARLY.test(cell);
}

/** The remedy for a cell that numberIn() rejects. */
export function adviceOn(cell: string, mark: DecimalMark): string {
  if (NUMBER[mark].test(cell)) {
    return 'Models compute in float32, which ends at 3.4e38: correct it, or leave the cell empty.';
  }
  if (HEX.test(cell)) return `Write it in decimal: ${decimalOf(cell)}.`;
  if (mark === ',' && cell.includes('.')) {
    return (
      'Decimals have a comma in this file: write this one so too, without other separators. ' +
      'If they have a point, give --csv-decimal ".".'
    );
  }
  if (AMBIGUOUS.test(cell)) {
    const decimal = cell.replace(',', '.');
    return (
      `Write ${cell.replace(',', '')} for thousands, or ${decimal} for decimals. ` +
      'If all commas are decimal marks, give --csv-decimal ",".'
    );
  }
  if (GROUPED.test(cell)) {
    return `Write it without separators of thousands: ${cell.replaceAll(',', '')}.`;
  }
  if (DECIMAL_COMMA.test(cell)) {
    return `Write decimals with a point: ${cell.replace(',', '.')}, or give --csv-decimal ",".`;
  }
  return 'Write a number, or leave the cell empty where the value is missing.';
}

/**
 * The decimal mark of a file. It is a comma if the separator is not a comma, and a cell has a comma
 * that cannot separate thousands.
 */
export function decimalMark(rows: readonly (readonly string[])[], separator: string): DecimalMark {
  if (separator === ',') return '.';
  const hasOne = (cell: string): boolean => DECIMAL_COMMA.test(cell) && !GROUPED_ONLY.test(cell);
  return rows.some((cells) => cells.some(hasOne)) ? ',' : '.';
}

function decimalOf(hex: string): string {
  const [sign, digits] = hex.startsWith('-') ? ['-', hex.slice(1)] : ['', hex.replace('+', '')];
  return `${sign}${BigInt(digits)}`;
}
