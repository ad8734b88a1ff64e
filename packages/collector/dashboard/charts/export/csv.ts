/** A cell: numbers keep their full precision, null is an empty cell. */
export type CsvCell = string | number | null;

export interface CsvTable {
  /** Names of the columns, with their units. */
  readonly head: readonly string[];
  readonly rows: readonly (readonly CsvCell[])[];
}

/** Characters with which a spreadsheet begins a formula. */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;

/**
 * CSV as in RFC 4180. Names come from devices, so text that a spreadsheet would run as a formula
 * gets an apostrophe before it (OWASP, CSV injection). Numbers stay numbers.
 */
export function csvText({ head, rows }: CsvTable): string {
  return [head, ...rows].map((row) => `${row.map(cellText).join(',')}\r\n`).join('');
}

function cellText(cell: CsvCell): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return Number.isFinite(cell) ? String(cell) : '';
  const safe = FORMULA.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
