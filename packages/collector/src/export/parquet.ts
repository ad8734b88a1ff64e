import { setImmediate as nextTurn } from 'node:timers/promises';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import type { ColumnSource, SchemaElement } from 'hyparquet-writer';
import type { ExportRow } from './rows.ts';

/** Rows per row group, which bounds memory. The event loop runs other requests after each group. */
const ROW_GROUP_ROWS = 32_768;

interface Column {
  readonly name: keyof ExportRow;
  readonly schema: Omit<SchemaElement, 'name'>;
  /**
   * For columns with few distinct values: each value is stored once, and rows refer to it by index.
   */
  readonly dictionary?: boolean;
  readonly read: (row: ExportRow) => unknown;
}

const TEXT = { type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' } as const;
const NUMBER = { type: 'DOUBLE', repetition_type: 'OPTIONAL' } as const;

const texts = (
  ...names: readonly (
    | 'model'
    | 'version'
    | 'reference'
    | 'backend'
    | 'browser'
    | 'segment'
    | 'kind'
    | 'name'
    | 'bin'
  )[]
): Column[] =>
  names.map((name) => ({ name, schema: TEXT, dictionary: true, read: (row) => row[name] }));
const numbers = (...names: readonly ('epsilon' | 'lower' | 'upper')[]): Column[] =>
  names.map((name) => ({ name, schema: NUMBER, dictionary: true, read: (row) => row[name] }));

const COLUMNS: readonly Column[] = [
  {
    name: 'hour',
    schema: {
      type: 'INT64',
      converted_type: 'TIMESTAMP_MILLIS',
      logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MILLIS' },
      repetition_type: 'REQUIRED',
    },
    dictionary: true,
    read: ({ hour }) => BigInt(Date.parse(hour)),
  },
  ...texts('model', 'version', 'reference', 'backend', 'browser', 'segment'),
  {
    name: 'weight',
    schema: { type: 'INT32', repetition_type: 'REQUIRED' },
    dictionary: true,
    read: ({ weight }) => weight,
  },
  ...numbers('epsilon'),
  ...texts('kind', 'name', 'bin'),
  ...numbers('lower', 'upper'),
  {
    name: 'count',
    schema: { type: 'INT64', repetition_type: 'REQUIRED' },
    read: ({ count }) => BigInt(count),
  },
];

/**
 * Encodes the rows as one Parquet file (Snappy, dictionary encoding). At most one row group is in
 * memory.
 */
export async function* parquet(
  rows: AsyncIterable<ExportRow>,
  rowGroupRows: number = ROW_GROUP_ROWS,
): AsyncGenerator<Uint8Array, void, undefined> {
  const writer = new ByteWriter();
  const schema = [
    { name: 'root', num_children: COLUMNS.length },
    ...COLUMNS.map((column): SchemaElement => ({ name: column.name, ...column.schema })),
  ];
  const file = new ParquetWriter({ writer, schema, createdBy: 'perigee' });
  let group: ExportRow[] = [];
  for await (const row of rows) {
    group.push(row);
    if (group.length < rowGroupRows) continue;
    await file.write({ columnData: columnsOf(group), rowGroupSize: rowGroupRows });
    group = [];
    // Yield to the event loop: neither the writer nor a fast reader ever makes this loop wait.
    await nextTurn();
    yield take(writer);
  }
  if (group.length > 0)
    await file.write({ columnData: columnsOf(group), rowGroupSize: rowGroupRows });
  await file.finish();
  yield take(writer);
}

function columnsOf(rows: readonly ExportRow[]): ColumnSource[] {
  return COLUMNS.map(({ name, dictionary, read }) => ({
    name,
    data: rows.map(read),
    ...(dictionary && { encoding: 'RLE_DICTIONARY' as const }),
  }));
}

/**
 * Returns the bytes written since the last call. Only the buffer restarts: the writer's `offset`
 * continues, because the footer locates row groups by it.
 */
function take(writer: ByteWriter): Uint8Array {
  const bytes = writer.getBytes().slice();
  writer.index = 0;
  return bytes;
}
