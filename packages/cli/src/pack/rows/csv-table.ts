import { table } from '../../print/table.ts';
import type { PackedCsv } from '../packed-release.ts';

const NAMES: Readonly<Record<string, string>> = {
  ',': 'commas',
  ';': 'semicolons',
  '\t': 'tabs',
  '|': '"|"',
  ' ': 'spaces',
};

/** How a CSV was read, and how each column is used. */
export function csvTable({ path, delimiter, decimal, encoding, rows, columns }: PackedCsv): string {
  const mark = decimal === ',' ? 'commas' : 'points';
  const read =
    `${path}: ${rows} rows, ${NAMES[delimiter] ?? `"${delimiter}"`} between cells, ` +
    `decimal ${mark}, ${encoding.toUpperCase()}`;
  const cells = columns.map(({ column, use, why }) => [column, use, why]);
  return `${read}\n\n${table(['column', '', 'why'], cells)}`;
}
