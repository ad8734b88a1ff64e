import { createReadStream } from 'node:fs';
import { parse } from 'csv-parse';
import { CommandError } from '../command.ts';

export interface CsvTable {
  readonly columns: readonly string[];
  /** Text as it stands; an empty cell is ''. */
  readonly rows: readonly (readonly string[])[];
}

const MAX_ROWS = 1_000_000;

/** A CSV with a header line. */
export async function readCsv(path: string): Promise<CsvTable> {
  const rows: string[][] = [];
  try {
    for await (const row of createReadStream(path).pipe(parse({ bom: true, trim: true, skip_empty_lines: true }))) {
      rows.push(row as string[]);
      if (rows.length > MAX_ROWS + 1) throw new CommandError(`${path} has more than ${MAX_ROWS} rows; a sample of some thousands makes as good a reference.`);
    }
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError(`${path} cannot be read as CSV: ${error instanceof Error ? error.message : String(error)}`);
  }
  const [columns, ...body] = rows;
  if (!columns || body.length === 0) throw new CommandError(`${path} has no rows below its header.`);
  const twice = columns.find((name, i) => columns.indexOf(name) !== i);
  if (twice !== undefined) throw new CommandError(`${path} has two columns "${twice}".`);
  return { columns, rows: body };
}

/** How tables write "no value"; compared in lower case. */
const MISSING: ReadonlySet<string | undefined> = new Set(['', 'na', 'n/a', 'nan', 'null', 'none', '?', undefined]);

/** A column as numbers; null where the cell is missing, undefined when any cell is something else. */
export function numericColumn({ columns, rows }: CsvTable, name: string): (number | null)[] | undefined {
  const at = columns.indexOf(name);
  if (at < 0) return undefined;
  const values = rows.map((row) => (MISSING.has(row[at]?.toLowerCase()) ? null : Number(row[at])));
  return values.some((value) => value !== null && !Number.isFinite(value)) ? undefined : values;
}
