import type { ModelStore } from '../store/store.ts';

/** Latencies of single warm predictions on one backend, excluding queue time. */
export interface Pace {
  readonly backend: string;
  readonly samplesMs: readonly number[];
}

/** The pace of the last confirmed version. The next version is compared with it. */
interface KeptPace extends Pace {
  readonly version: string;
  readonly variant: string;
}

interface Side {
  readonly version: string;
  readonly variant: string;
}

/**
 * As many samples as answers that confirm a version. Half of them must be slow to make the median
 * slow, which a busy moment does not do.
 */
export const PACE_SAMPLES = 20;
/**
 * A version is slow at three times the previous median. A version that does more is often twice as
 * slow, by intent and as its card says. A device that saves power or runs hot is slower by up to
 * about as much. A missing kernel or a wrong export costs ten times and more.
 */
const SLOW_FACTOR = 3;
/** A difference up to this is not noticed, whatever the factor. */
const SLOW_MS = 50;

const key = (ref: string): string => `pace:${ref}`;

/** Keeps the latest samples of the latest backend. */
export function joinPace(known: Pace | undefined, { backend, samplesMs }: Pace): Pace {
  const before = known?.backend === backend ? known.samplesMs : [];
  return { backend, samplesMs: [...before, ...samplesMs].slice(-PACE_SAMPLES) };
}

export function isMeasured(pace: Pace | undefined): pace is Pace {
  return pace !== undefined && pace.samplesMs.length >= PACE_SAMPLES;
}

/**
 * Returns the stored pace of this version; undefined when the stored pace is of another version.
 */
export async function paceOf(
  store: ModelStore,
  ref: string,
  { version, variant }: Side,
): Promise<Pace | undefined> {
  const found = (await store.getValue(key(ref))) as KeptPace | undefined;
  return found?.version === version && found.variant === variant ? found : undefined;
}

export async function keepPace(
  store: ModelStore,
  ref: string,
  { version, variant }: Side,
  { backend, samplesMs }: Pace,
): Promise<void> {
  await store.putValue(key(ref), { version, variant, backend, samplesMs } satisfies KeptPace);
}

/** Whether a measured pace of the previous version exists for the same backend. */
export function isComparable(before: Pace | undefined, pace: Pace | undefined): before is Pace {
  return isMeasured(before) && before.backend === pace?.backend;
}

/** Returns why a version is too slow to keep; null when it is not, or too little was measured. */
export function slowness(before: Pace | undefined, pace: Pace | undefined): string | null {
  if (!isMeasured(pace) || !isComparable(before, pace)) return null;
  const [was, is] = [medianOf(before.samplesMs), medianOf(pace.samplesMs)];
  if (is <= SLOW_FACTOR * was || is - was <= SLOW_MS) return null;
  return (
    `slow: a prediction takes ${is.toFixed(0)} ms on ${pace.backend} (median of ` +
    `${pace.samplesMs.length}), with the version before it took ` +
    `${was.toFixed(was < 10 ? 1 : 0)} ms`
  );
}

function medianOf(list: readonly number[]): number {
  const sorted = list.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}
