import type { ByteReader, Writer } from './bytes.ts';

/**
 * Counts as runs: a zero count is followed by how many more zeros come. Histograms are mostly zeros or mostly not, and either way this
 * is close to one byte a used bin, none an unused one.
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

export function readHistogram(reader: ByteReader, maxLength: number): Float64Array {
  const counts = new Float64Array(reader.varint(maxLength));
  let i = 0;
  while (i < counts.length) {
    const count = reader.varint();
    counts[i] = count;
    i += 1;
    if (count === 0) i += reader.varint(counts.length - i);
  }
  return counts;
}
