import { ProfileError } from '../error.ts';
import type { ByteReader, Writer } from './bytes.ts';

/**
 * Writes counts with runs of zeros: the number of further zeros follows each zero count. A used bin
 * takes about one byte, an unused bin in a run none. This is compact both for sparse and for dense
 * histograms.
 */
export function writeHistogram(writer: Writer, counts: Float64Array): void {
  writer.varint(counts.length);
  let i = 0;
  while (i < counts.length) {
    const count = counts[i] ?? 0;
    writer.varint(count);
    i += 1;
    if (count !== 0) continue;
    let more = 0;
    while (i < counts.length && counts[i] === 0) {
      more += 1;
      i += 1;
    }
    writer.varint(more);
  }
}

/**
 * Reads counts from untrusted bytes. One reader serves everything that is decoded together, so that
 * its bounds apply to the total.
 */
export interface CountReader {
  count(reader: ByteReader): number;
  /** A sum of squares. It may be larger than any count. */
  sum(reader: ByteReader): number;
  /** Subtracts `cells` from the room that is left, and returns them. */
  room(cells: number): number;
  histogram(reader: ByteReader, maxLength: number): Float64Array;
}

/**
 * Creates a reader of counts. Histograms that are all zero share one array per length, so that a
 * genuine month of them uses little memory. They still count against `maxCells`, because adding
 * them takes time for each cell.
 * @param maxCells total number of histogram cells
 * @param maxCount largest single count
 * @param maxSum largest sum of squares. Default: `maxCount`.
 */
export function createCountReader({
  maxCells,
  maxCount,
  maxSum = maxCount,
}: {
  readonly maxCells: number;
  readonly maxCount: number;
  readonly maxSum?: number;
}): CountReader {
  const zeros = new Map<number, Float64Array>();
  let left = maxCells;
  const room = (cells: number): number => {
    if (cells > left)
      throw new ProfileError('WRONG_CONTENT', `The upload has more than ${maxCells} bins.`);
    left -= cells;
    return cells;
  };
  const allocate = (length: number): Float64Array => new Float64Array(room(length));
  const allZero = (length: number): Float64Array => {
    const known = zeros.get(length) ?? new Float64Array(length);
    room(length);
    zeros.set(length, known);
    return known;
  };
  const reads: CountReader = {
    count: (reader) => reader.varint(maxCount),
    sum: (reader) => reader.varint(maxSum),
    room,
    histogram(reader, maxLength) {
      const length = reader.varint(maxLength);
      let counts: Float64Array | undefined;
      let afterZeros = false;
      for (let i = 0; i < length;) {
        const count = reads.count(reader);
        if (count > 0) {
          counts ??= allocate(length);
          counts[i] = count;
          i += 1;
        } else {
          if (afterZeros)
            throw new ProfileError('WRONG_CONTENT', 'A histogram has two runs of zeros in a row.');
          i += 1 + reader.varint(length - i - 1);
        }
        afterZeros = count === 0;
      }
      return counts ?? allZero(length);
    },
  };
  return reads;
}
