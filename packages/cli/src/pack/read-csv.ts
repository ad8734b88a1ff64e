import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { parse } from 'csv-parse';
import { CommandError } from '../command.ts';
import { namedColumns } from '../csv/columns.ts';
import { detectDialect } from '../csv/dialect.ts';
import { decimalMark } from '../csv/number.ts';
import type { DecimalMark } from '../csv/number.ts';

export interface CsvTable {
  readonly path: string;
  readonly columns: readonly string[];
  /** Text as it stands; an empty cell is ''. */
  readonly rows: readonly (readonly string[])[];
  /** For each row, the line of the file where it ends. */
  readonly lines: readonly number[];
  readonly decimal: DecimalMark;
  /** Sentences on columns that were left out. */
  readonly notes: readonly string[];
}

const MAX_ROWS = 1_000_000;
const HEAD_BYTES = 65_536;
const OPTIONS = {
  bom: true,
  trim: true,
  skip_empty_lines: true,
  record_delimiter: ['\r\n', '\n', '\r'],
  // A quote inside a cell is a character, as in: 5" pipe
  relax_quotes: true,
  // Cells beyond the header may be empty, so cellsOf() checks their number.
  relax_column_count: true,
  info: true,
};

interface Parsed {
  readonly cells: readonly string[];
  /** Where it ends in the file. */
  readonly line: number;
}

/**
 * A CSV with a header line. Finds out what separates cells, and the decimal mark.
 * @throws CommandError naming the file
 */
export async function readCsv(path: string): Promise<CsvTable> {
  const { records, separator } = await recordsOf(path);
  const [header, ...body] = records;
  if (!header) throw new CommandError(`${path} is empty. Give a CSV file with a header and rows.`);
  const width = header.cells.length;
  const rows = body.map((one, row) => cellsOf(path, width, one, row));
  const named = namedColumns(path, header.cells, rows);
  if (rows.length === 0) {
    throw new CommandError(`${path} has no rows below its header (${named.columns.join(', ')}). `
      + 'The first line must be the names of the columns, and the rows follow it.');
  }
  const lines = body.map(({ line }) => line);
  return { path, ...named, lines, decimal: decimalMark(named.rows, separator) };
}

/** Where a cell stands, for an error. Rows count from 1 below the header. */
export function placeOf({ path, lines }: CsvTable, row: number, column: string): string {
  return `${path}, row ${row + 1} (line ${lines[row] ?? '?'}), column "${column}"`;
}

/** All records, and how the file separates cells: its beginning tells. Reads the file once. */
async function recordsOf(path: string): Promise<{ records: Parsed[]; separator: string }> {
  try {
    const file = createReadStream(path, { highWaterMark: HEAD_BYTES });
    const chunks = file[Symbol.asyncIterator]() as AsyncIterableIterator<Buffer>;
    const { value: first = Buffer.alloc(0) } = (await chunks.next()) as { value?: Buffer };
    const { separator, headerLine } = detectDialect(headOf(path, first));
    const parser = parse({ ...OPTIONS, delimiter: separator, from_line: headerLine });
    // The parser ends with an error of the file, too, which pipe() would not forward.
    pipeline(async function* () {
      yield first;
      yield* chunks;
    }, parser, () => undefined);
    const records: Parsed[] = [];
    for await (const one of parser) {
      const { record, info } = one as { record: string[]; info: { lines: number } };
      records.push({ cells: record, line: info.lines });
      if (records.length > MAX_ROWS + 1) throw tooMany(path);
    }
    return { records, separator };
  } catch (error) {
    throw error instanceof CommandError ? error : unreadable(path, error);
  }
}

function headOf(path: string, bytes: Buffer): string {
  const isUtf16 = bytes[0] === 0xff && bytes[1] === 0xfe;
  const text = bytes.toString(isUtf16 ? 'utf16le' : 'utf8').replace(/^\uFEFF/, '');
  if (!text.includes('\0')) return text;
  throw new CommandError(`${path} is no CSV file: it has bytes that no text has. `
    + 'Export the table as CSV in UTF-8.');
}

/** As many cells as the header has columns. More may be there when they are empty. */
function cellsOf(
  path: string, columns: number, { cells, line }: Parsed, row: number,
): readonly string[] {
  const extra = cells.slice(columns).some((cell) => cell !== '');
  if (cells.length >= columns && !extra) return cells.slice(0, columns);
  throw new CommandError(`${path} cannot be read as CSV: row ${row + 1} (line ${line}) has `
    + `${cells.length} cells, and the header has ${columns} columns. `
    + 'Put a cell that holds a separator into quotes, or add what is missing.');
}

const REASONS: Record<string, string> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder',
  EACCES: 'permission is denied',
};

function unreadable(path: string, cause: unknown): CommandError {
  const { code = '', message } = cause as NodeJS.ErrnoException;
  if (cause instanceof Error && 'syscall' in cause) {
    const reason = REASONS[code] ?? message;
    return new CommandError(`${path} cannot be read: ${reason}. Give the path of a CSV file.`, {
      cause,
    });
  }
  const remedy = code === 'CSV_QUOTE_NOT_CLOSED'
    ? ' Close it, and write a quote inside a quoted cell as "".'
    : '';
  return new CommandError(`${path} cannot be read as CSV: ${message}.${remedy}`, { cause });
}

function tooMany(path: string): CommandError {
  return new CommandError(`${path} has more than ${MAX_ROWS} rows. `
    + 'A sample of some thousands makes as good a reference.');
}
