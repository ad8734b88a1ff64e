import { nextRecord } from './record.ts';
import type { Extent, JournalRecord, Source } from './record.ts';

/** An entry's bytes: where they are, and in which file. */
export interface Place {
  readonly source: Source;
  readonly extent: Extent;
}

/** The state after all records read so far. */
export interface Replayed {
  readonly entries: Map<string, Place>;
  seq: number;
  /** The offset at which the next record may begin. */
  position: number;
  liveBytes: number;
  /** An `end` was read: the next file goes on. */
  hasEnded: boolean;
  /** A record that was written is missing. */
  isDamaged: boolean;
}

export function emptyState(): Replayed {
  return { entries: new Map(), seq: 0, position: 0, liveBytes: 0, hasEnded: false, isDamaged: false };
}

/**
 * Reads on, to the end of `scan`. A record counts when its number is new; one with a known number
 * belongs to a writer that came second, and which sees so here. `values` is where entries are read
 * from later; `onCounted` hears which records count.
 */
export async function replay(
  state: Replayed,
  scan: Source,
  values: Source,
  onCounted: (id: string) => void,
): Promise<void> {
  for (
    let record = await nextRecord(scan, state.position);
    record;
    record = await nextRecord(scan, state.position)
  ) {
    // An end holds nothing that could be out of date, so each one counts.
    if (!state.hasEnded && (record.seq > state.seq || record.kind === 'end')) {
      count(state, record, values);
      onCounted(record.id);
    }
    state.position = record.endsAt;
  }
}

function count(state: Replayed, { seq, kind, entries }: JournalRecord, source: Source): void {
  // A number is given by a writer that has read the one before.
  if (kind !== 'base' && seq > state.seq + 1) state.isDamaged = true;
  if (kind === 'base') {
    state.entries.clear();
    state.liveBytes = 0;
  }
  for (const [key, extent] of entries) {
    state.liveBytes += (extent?.sizeBytes ?? 0) - (state.entries.get(key)?.extent.sizeBytes ?? 0);
    if (extent) state.entries.set(key, { source, extent });
    else state.entries.delete(key);
  }
  state.seq = Math.max(state.seq, seq);
  state.hasEnded = kind === 'end';
}
