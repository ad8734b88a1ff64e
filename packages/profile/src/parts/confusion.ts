import type { Writer } from '../codec/bytes.ts';
import { capped } from './count.ts';
import { unreadable } from './faults.ts';
import type { EncodedInput, Part, Source } from './part.ts';

/** Cell → count, in cell order when it was read. Cells without a count are absent. */
export type Cells = ReadonlyMap<number, number>;

/** A map entry takes about as much memory as four counts of an array. */
const SIZE_OF_ENTRY = 4;

/**
 * Counts of the few used cells of a large matrix.
 * @param cellCount number of cells of the matrix
 */
export function confusionCells<Before>(cellCount: (before: Before) => number): Part<Cells, Before> {
  return {
    empty: () => new Map(),
    write: writeCells,
    read: (source, before) => readCells(source, cellCount(before)),
    copy: (cells) => new Map(cells),
    map: (cells, change) => new Map(Array.from(cells, ([cell, count]) => [cell, change(count)])),
    each: (cells, visit) => cells.forEach((count) => visit(count)),
    size: (cells) => SIZE_OF_ENTRY * cells.size,
    addInto(sum, cells) {
      for (const [cell, count] of cells) add(sum, cell, count);
      return sum;
    },
    addEncoded(sum, input) {
      for (const [cell, count] of encodedCells(input)) add(sum, cell, count);
      return sum;
    },
  };
}

function add(sum: Cells, cell: number, count: number): void {
  (sum as Map<number, number>).set(cell, capped((sum.get(cell) ?? 0) + count));
}

/** Writes the cells in order, each as its distance from the one before. */
function writeCells(writer: Writer, cells: Cells): void {
  writer.varint(cells.size);
  let next = 0;
  for (const [cell, count] of [...cells].toSorted(([a], [b]) => a - b)) {
    writer.varint(cell - next);
    writer.varint(count);
    next = cell + 1;
  }
}

function readCells({ reader, bounds }: Source, cellCount: number): Cells {
  const cells = new Map<number, number>();
  let next = 0;
  for (let left = bounds.take(reader.varint(cellCount)); left > 0; left -= 1) {
    const cell = next + reader.varint(cellCount - next - 1);
    const count = reader.varint(bounds.maxCount);
    if (count === 0) throw unreadable('it has a confusion cell without a count');
    cells.set(cell, count);
    next = cell + 1;
  }
  return cells;
}

function encodedCells(input: EncodedInput): [cell: number, count: number][] {
  let next = 0;
  return Array.from({ length: input.varint() }, () => {
    const cell = next + input.varint();
    next = cell + 1;
    return [cell, input.varint()];
  });
}
