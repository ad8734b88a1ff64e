import { CommandError } from '../command.ts';

type Cells = readonly string[];

export interface NamedColumns {
  readonly columns: Cells;
  readonly rows: readonly Cells[];
  readonly notes: readonly string[];
  /** The first column had no name and was dropped. */
  readonly hasIndex: boolean;
}

/**
 * The columns with a name. A column without name and values is dropped. The first column may be an
 * index, as pandas writes it; it is dropped, and a note says so. Any other column without a name is
 * an error.
 */
export function namedColumns(path: string, header: Cells, rows: readonly Cells[]): NamedColumns {
  const unnamed = [...header.keys()].filter((at) => header[at] === '');
  const used = unnamed.filter((at) => rows.some((cells) => cells[at] !== ''));
  const nameless = used.find((at) => at > 0);
  if (nameless !== undefined) {
    throw new CommandError(
      `${path}: column ${nameless + 1} has values but no name. ` +
        'Name it in the header, or remove it.',
    );
  }
  const kept = [...header.keys()].filter((at) => !unnamed.includes(at));
  const columns = kept.map((at) => header[at] ?? '');
  refuseNames(path, columns);
  return {
    columns,
    rows: unnamed.length === 0 ? rows : rows.map((cells) => kept.map((at) => cells[at] ?? '')),
    hasIndex: used.length > 0,
    notes:
      used.length === 0
        ? []
        : [
            `${path}: the first column was left out. It has no name, ` +
              'like an index that pandas writes.',
          ],
  };
}

function refuseNames(path: string, columns: Cells): void {
  if (columns.length === 0) {
    throw new CommandError(
      `${path} has no column with a name. ` +
        'Its first line must be a header with the names of the columns.',
    );
  }
  const twice = columns.find((name, i) => columns.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new CommandError(`${path} has two columns "${twice}". Rename or remove one.`);
  }
}
