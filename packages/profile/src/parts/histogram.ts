import type { Writer } from '../codec/bytes.ts';
import { capped } from './count.ts';
import { differentShapes, unreadable } from './faults.ts';
import type { EncodedInput, Part, Source } from './part.ts';

/**
 * Counts by bin. The reference gives the number of bins, so a profile without reference has none.
 * @param what name for error messages
 */
export function histogram(what: string, maxBins: number): Part<Float64Array> {
  return {
    empty: () => new Float64Array(),
    write: writeHistogram,
    read: (source) => readHistogram(source, maxBins),
    copy: (bins) => bins.slice(),
    map: (bins, change) => bins.map(change),
    each: (bins, visit) => bins.forEach(visit),
    size: (bins) => bins.length,
    addInto(sum, bins) {
      if (sum.length !== bins.length) throw differentShapes(what, sum.length, bins.length);
      return addBins(sum, bins);
    },
    addEncoded(sum, input) {
      const length = input.varint();
      if (length !== sum.length) throw differentShapes(what, sum.length, length);
      return addEncodedBins(sum, input);
    },
  };
}

/** Counts in bins whose number is the same in every profile. */
export function fixedHistogram(what: string, binCount: number): Part<Float64Array> {
  const part = histogram(what, binCount);
  return {
    ...part,
    empty: () => new Float64Array(binCount),
    read(source, before) {
      const bins = part.read(source, before);
      if (bins.length !== binCount) throw unreadable(`${what} has not ${binCount} bins`);
      return bins;
    },
  };
}

/**
 * Writes counts with runs of zeros: the number of further zeros follows each zero count. A used bin
 * takes about one byte, an unused bin in a run none. This is compact both for sparse and for dense
 * histograms.
 */
function writeHistogram(writer: Writer, counts: Float64Array): void {
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

function readHistogram({ reader, bounds }: Source, maxBins: number): Float64Array {
  const { maxCount } = bounds;
  const length = bounds.take(reader.varint(maxBins));
  let counts: Float64Array | undefined;
  let afterZeros = false;
  for (let i = 0; i < length;) {
    const count = reader.varint(maxCount);
    if (count > 0) {
      counts ??= new Float64Array(length);
      counts[i] = count;
      i += 1;
    } else {
      if (afterZeros) throw unreadable('a histogram has two runs of zeros in a row');
      i += 1 + reader.varint(length - i - 1);
    }
    afterZeros = count === 0;
  }
  return counts ?? bounds.zeros(length);
}

function addBins(sum: Float64Array, bins: Float64Array): Float64Array {
  let largest = 0;
  for (let i = 0; i < bins.length; i += 1) {
    const value = (sum[i] ?? 0) + (bins[i] ?? 0);
    sum[i] = value;
    if (value > largest) largest = value;
  }
  if (largest > Number.MAX_SAFE_INTEGER)
    for (let i = 0; i < sum.length; i += 1) sum[i] = capped(sum[i] ?? 0);
  return sum;
}

function addEncodedBins(sum: Float64Array, { varint }: EncodedInput): Float64Array {
  for (let i = 0; i < sum.length;) {
    const count = varint();
    if (count === 0) i += 1 + varint();
    else {
      sum[i] = capped((sum[i] ?? 0) + count);
      i += 1;
    }
  }
  return sum;
}
