import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { parse } from 'csv-parse';
import { CommandError } from '../command.ts';
import { namedColumns } from './columns.ts';
import { decode } from './decode.ts';
import { detectDialect } from './dialect.ts';
import { decimalMark } from './number.ts';
import type { DecimalMark } from './number.ts';
import type { CsvOptions } from './csv-options.ts';

export interface CsvTable {
  readonly path: string;
  readonly columns: readonly string[];
  /** Cells as text; an empty cell is ''. */
  readonly rows: readonly (readonly string[])[];
  /** The line of the file in which each row ends. */
  readonly lines: readonly number[];
  readonly delimiter: string;
  readonly decimal: DecimalMark;
  readonly encoding: string;
  /** The first column had no name and was left out. */
  readonly hasIndex: boolean;
  /** Sentences about columns that were left out. */
  readonly notes: readonly string[];
}

const MAX_ROWS = 1_000_000;
const HEAD_BYTES = 65_536;
const OPTIONS = {
  trim: true,
  skip_empty_lines: true,
  record_delimiter: ['\r\n', '\n', '\r'],
  // A quote inside a cell is a plain character, as in: 5" pipe
  relax_quotes: true,
  // Cells beyond the header may be empty, so cellsOf() checks their number.
  relax_column_count: true,
  info: true,
};

interface Parsed {
  readonly cells: readonly string[];
  /** The line of the file in which the record ends. */
  readonly line: number;
}

/** Decoding replaces invalid bytes by this character. */
const UNDECODED = '\uFFFD';

/**
 * Reads a CSV with a header line. It detects the separator, the decimal mark and the encoding,
 * unless `options` gives them.
 * @throws CommandError naming the file
 */
export async function readCsv(path: string, options: CsvOptions = {}): Promise<CsvTable> {
  const { records, delimiter, encoding } = await recordsOf(path, options);
  if (options.csvEncoding === undefined) refuseUndecoded(path, records, encoding);
  const [header, ...body] = records;
  if (!header) throw new CommandError(`${path} is empty. Give a CSV file with a header and rows.`);
  const width = header.cells.length;
  const rows = body.map((one, row) => cellsOf(path, width, one, row));
  const named = namedColumns(path, header.cells, rows);
  if (rows.length === 0) {
    throw new CommandError(
      `${path} has no rows below its header (${named.columns.join(', ')}). ` +
        'The first line must be the names of the columns, and the rows follow it.',
    );
  }
  const lines = body.map(({ line }) => line);
  const decimal = options.csvDecimal ?? decimalMark(named.rows, delimiter);
  return { path, ...named, lines, delimiter, decimal, encoding };
}

/** Place of a cell for an error message. Rows count from 1 below the header. */
export function placeOf({ path, lines }: CsvTable, row: number, column: string): string {
  return `${path}, row ${row + 1} (line ${lines[row] ?? '?'}), column "${column}"`;
}

interface Records {
  readonly records: Parsed[];
  readonly delimiter: string;
  readonly encoding: string;
}

/** Reads all records in one pass, and detects the format from the beginning of the file. */
async function recordsOf(path: string, options: CsvOptions): Promise<Records> {
  try {
    const file = createReadStream(path, { highWaterMark: HEAD_BYTES });
    const chunks = file[Symbol.asyncIterator]() as AsyncIterableIterator<Buffer>;
    const { encoding, head, text } = await decode(path, chunks, options.csvEncoding);
    const { separator, headerLine } = detectDialect(head);
    const delimiter = options.csvDelimiter ?? separator;
    const parser = parse({ ...OPTIONS, delimiter, from_line: headerLine });
    // This also ends the parser when reading the file fails, which pipe() would not do.
    pipeline(text, parser, () => undefined);
    const records: Parsed[] = [];
    for await (const one of parser) {
      const { record, info } = one as { record: string[]; info: { lines: number } };
      records.push({ cells: record, line: info.lines });
      if (records.length > MAX_ROWS + 1) throw tooMany(path);
    }
    return { records, delimiter, encoding };
  } catch (error) {
    throw error instanceof CommandError ? error : unreadable(path, error);
  }
}

function refuseUndecoded(path: string, records: readonly Parsed[], encoding: string): void {
  for (const { cells, line } of records) {
    const broken = cells.find((cell) => cell.includes(UNDECODED));
    if (broken === undefined) continue;
    throw new CommandError(
      `${path} is not in ${encoding.toUpperCase()}: line ${line} has ` +
        `"${broken}". Give its encoding, like --csv-encoding windows-1252, or save it as UTF-8 ` +
        '(in Excel: "CSV UTF-8").',
    );
  }
}

/** The cells of a row, one per column of the header. Further cells must be empty. */
function cellsOf(
  path: string,
  columns: number,
  { cells, line }: Parsed,
  row: number,
): readonly string[] {
  const extra = cells.slice(columns).some((cell) => cell !== '');
  if (cells.length >= columns && !extra) return cells.slice(0, columns);
  throw new CommandError(
    `${path} cannot be read as CSV: row ${row + 1} (line ${line}) has ` +
      `${cells.length} cells, and the header has ${columns} columns. ` +
      'Put a cell that holds a separator into quotes, or add what is missing.',
  );
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
  const remedy =
    code === 'CSV_QUOTE_NOT_CLOSED'
      ? ' Close it, and write a quote inside a quoted cell as "".'
      : '';
  return new CommandError(`${path} cannot be read as CSV: ${message}.${remedy}`, { cause });
}

function tooMany(path: string): CommandError {
  return new CommandError(
    `${path} has more than ${MAX_ROWS} rows. ` +
      'A sample of a few thousand rows makes a reference that is as good.',
  );
}
