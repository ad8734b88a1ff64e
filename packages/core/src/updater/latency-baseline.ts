import type { ModelStore } from '../store/store.ts';

/** Latencies of single warm predictions on one backend, excluding queue time. */
export interface Latencies {
  readonly backend: string;
  readonly samplesMs: readonly number[];
}

/** The latencies of the last confirmed version. The next version is compared with them. */
interface LatencyBaseline extends Latencies {
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
export const BASELINE_SAMPLES = 20;
/**
 * A version is slow at three times the previous median. A version that does more is often twice as
 * slow, by intent and as its card says. A device that saves power or runs hot is slower by up to
 * about as much. A missing kernel or a wrong export costs ten times and more.
 */
const SLOW_FACTOR = 3;
/** A difference up to this is not noticed, whatever the factor. */
const SLOW_MS = 50;

/** Stored data keep the name "pace". */
const key = (ref: string): string => `pace:${ref}`;

/** Keeps the latest samples of the latest backend. */
export function joinLatencies(
  known: Latencies | undefined,
  { backend, samplesMs }: Latencies,
): Latencies {
  const before = known?.backend === backend ? known.samplesMs : [];
  return { backend, samplesMs: [...before, ...samplesMs].slice(-BASELINE_SAMPLES) };
}

/** Whether there are enough samples to compare. */
export function isMeasured(latencies: Latencies | undefined): latencies is Latencies {
  return latencies !== undefined && latencies.samplesMs.length >= BASELINE_SAMPLES;
}

/**
 * Returns the stored latencies of this version; undefined when those of another version are stored.
 */
export async function latencyBaseline(
  store: ModelStore,
  ref: string,
  { version, variant }: Side,
): Promise<Latencies | undefined> {
  const found = (await store.getValue(key(ref))) as LatencyBaseline | undefined;
  return found?.version === version && found.variant === variant ? found : undefined;
}

export async function keepLatencyBaseline(
  store: ModelStore,
  ref: string,
  { version, variant }: Side,
  { backend, samplesMs }: Latencies,
): Promise<void> {
  const baseline: LatencyBaseline = { version, variant, backend, samplesMs };
  await store.putValue(key(ref), baseline);
}

/** Whether the previous version was measured on the same backend. */
export function isComparable(
  before: Latencies | undefined,
  latencies: Latencies | undefined,
): before is Latencies {
  return isMeasured(before) && before.backend === latencies?.backend;
}

/** Returns why a version is too slow to keep; null when it is not, or too little was measured. */
export function slowness(
  before: Latencies | undefined,
  latencies: Latencies | undefined,
): string | null {
  if (!isMeasured(latencies) || !isComparable(before, latencies)) return null;
  const [was, is] = [medianOf(before.samplesMs), medianOf(latencies.samplesMs)];
  if (is <= SLOW_FACTOR * was || is - was <= SLOW_MS) return null;
  return (
    `slow: a prediction takes ${is.toFixed(0)} ms on ${latencies.backend} (median of ` +
    `${latencies.samplesMs.length}); with the previous version it took ` +
    `${was.toFixed(was < 10 ? 1 : 0)} ms`
  );
}

function medianOf(list: readonly number[]): number {
  const sorted = list.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}
