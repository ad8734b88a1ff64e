import { nextRecord } from './record.ts';
import type { Extent, JournalRecord, Source } from './record.ts';

/** The file and position of an entry's bytes. */
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
  /** Whether an `end` record was read; the next file continues. */
  hasEnded: boolean;
  /** Whether a written record is missing. */
  isDamaged: boolean;
}

export function emptyState(): Replayed {
  return {
    entries: new Map(),
    seq: 0,
    position: 0,
    liveBytes: 0,
    hasEnded: false,
    isDamaged: false,
  };
}

/**
 * Reads new records up to the end of `scan`. A record counts if its number is new. A record with a
 * known number is from a writer that came second, which learns of it here.
 * @param values the source from which entries are read later
 * @param onCounted called with the id of each record that counts
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
    // An `end` record contains no data that could be stale, so each one counts.
    if (!state.hasEnded && (record.seq > state.seq || record.kind === 'end')) {
      count(state, record, values);
      onCounted(record.id);
    }
    state.position = record.endsAt;
  }
}

function count(state: Replayed, { seq, kind, entries }: JournalRecord, source: Source): void {
  // A writer reads the previous record before it assigns the next number, so a gap means a lost
  // record.
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
