import type { ModelStore } from '../store/store.ts';

/** What single predictions took on one backend, warm, without the time they waited. */
export interface Pace {
  readonly backend: string;
  readonly samplesMs: readonly number[];
}

/** The pace of the version that answers, or answered last without being on probation: what the next one is held against. */
interface KeptPace extends Pace {
  readonly version: string;
  readonly variant: string;
}

interface Side {
  readonly version: string;
  readonly variant: string;
}

/** As many as confirm a version: of so many, half must be slow before the median is, which a busy moment does not do. */
export const PACE_SAMPLES = 20;
/**
 * Three times: a version that does more for its answer is often twice as slow, by intent and as its card says; a device that saves power, or runs
 * hot, is slower by up to about as much. A kernel that is missing, or a model that was exported wrongly, costs ten times and more.
 */
const SLOW_FACTOR = 3;
/** Below this nobody notices, however many times as long it is. */
const SLOW_MS = 50;

const key = (ref: string): string => `pace:${ref}`;

/** Of two backends the later one counts; of many samples the latest. */
export function joinPace(known: Pace | undefined, { backend, samplesMs }: Pace): Pace {
  const before = known?.backend === backend ? known.samplesMs : [];
  return { backend, samplesMs: [...before, ...samplesMs].slice(-PACE_SAMPLES) };
}

export function isMeasured(pace: Pace | undefined): pace is Pace {
  return pace !== undefined && pace.samplesMs.length >= PACE_SAMPLES;
}

/** What is known of this version; undefined when it is of another. */
export async function paceOf(store: ModelStore, ref: string, { version, variant }: Side): Promise<Pace | undefined> {
  const found = (await store.getValue(key(ref))) as KeptPace | undefined;
  return found?.version === version && found.variant === variant ? found : undefined;
}

export async function keepPace(store: ModelStore, ref: string, { version, variant }: Side, { backend, samplesMs }: Pace): Promise<void> {
  await store.putValue(key(ref), { version, variant, backend, samplesMs } satisfies KeptPace);
}

/** Whether there is something to hold a pace against: both measured, on one backend. */
export function isComparable(before: Pace | undefined, pace: Pace | undefined): before is Pace {
  return isMeasured(before) && before.backend === pace?.backend;
}

/** Why a version is too slow to be kept; null when it is not, or nobody can tell yet. */
export function slowness(before: Pace | undefined, pace: Pace | undefined): string | null {
  if (!isMeasured(pace) || !isComparable(before, pace)) return null;
  const [was, is] = [medianOf(before.samplesMs), medianOf(pace.samplesMs)];
  if (is <= SLOW_FACTOR * was || is - was <= SLOW_MS) return null;
  return `slow: a prediction takes ${is.toFixed(0)} ms on ${pace.backend} (median of ${pace.samplesMs.length}), with the version before it took ${was.toFixed(was < 10 ? 1 : 0)} ms`;
}

function medianOf(list: readonly number[]): number {
  const sorted = list.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}
