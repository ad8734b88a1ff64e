/**
 * When a device keeps a new version, and when it goes back: the rules of probation, without the
 * device. The SDK applies them to its own answers, a simulation to those of its devices.
 */

/** Latencies of single warm predictions on one backend, excluding queue time. */
export interface Latencies {
  readonly backend: string;
  readonly samplesMs: readonly number[];
}

/** After this many failed starts in a row a version is rolled back. */
export const MAX_FAILED_STARTS = 2;
/** A version is confirmed by this many answers, or after CONFIRM_MS with at least one answer. */
export const CONFIRM_ANSWERS = 20;
const CONFIRM_MS = 10 * 60_000;
/**
 * If the previous version has a latency baseline, confirmation waits until this version's latencies
 * are measured, up to this many answers: batched calls give no samples.
 */
const CONFIRM_UNMEASURED = 3 * CONFIRM_ANSWERS;
/**
 * A version on probation is rolled back if more than this share of at least this many calls fails.
 */
const GUARD_CALLS = 5;
const GUARD_SHARE = 0.2;
/**
 * As many samples as answers that confirm a version. Half of them must be slow to make the median
 * slow, which a busy moment does not do.
 */
const BASELINE_SAMPLES = 20;
/**
 * A version is slow at three times the previous median. A version that does more is often twice as
 * slow, by intent and as its card says. A device that saves power or runs hot is slower by up to
 * about as much. A missing kernel or a wrong export costs ten times and more.
 */
const SLOW_FACTOR = 3;
/** A difference up to this is not noticed, whatever the factor. */
const SLOW_MS = 50;

/**
 * Whether so many calls of a version on probation failed that it is rolled back.
 * @example
 * ```ts
 * isFailing({ good: 3, failed: 2 }); // true: two of five
 * ```
 */
export function isFailing({
  good,
  failed,
}: {
  readonly good: number;
  readonly failed: number;
}): boolean {
  return failed + good >= GUARD_CALLS && failed / (failed + good) > GUARD_SHARE;
}

/**
 * Whether a version has shown that it works. It is not confirmed while `slowness()` has a reason.
 * @param before latencies of the previous version, if known
 * @example
 * ```ts
 * isConfirmed({ answers: 20, onProbationMs: 0 }, undefined, latencies); // true
 * ```
 */
export function isConfirmed(
  { answers, onProbationMs }: { readonly answers: number; readonly onProbationMs: number },
  before: Latencies | undefined,
  latencies: Latencies | undefined,
): boolean {
  if (slowness(before, latencies) !== null) return false;
  const enough =
    isMeasured(latencies) || !isComparable(before, latencies)
      ? CONFIRM_ANSWERS
      : CONFIRM_UNMEASURED;
  return answers >= enough || (answers > 0 && onProbationMs >= CONFIRM_MS);
}

/**
 * Keeps the latest samples of the latest backend.
 * @example
 * ```ts
 * known = joinLatencies(known, { backend: 'wasm', samplesMs: [12] });
 * ```
 */
export function joinLatencies(
  known: Latencies | undefined,
  { backend, samplesMs }: Latencies,
): Latencies {
  const before = known?.backend === backend ? known.samplesMs : [];
  return { backend, samplesMs: [...before, ...samplesMs].slice(-BASELINE_SAMPLES) };
}

/**
 * Whether there are enough samples to compare.
 * @example
 * ```ts
 * isMeasured({ backend: 'wasm', samplesMs: [12] }); // false
 * ```
 */
export function isMeasured(latencies: Latencies | undefined): latencies is Latencies {
  return latencies !== undefined && latencies.samplesMs.length >= BASELINE_SAMPLES;
}

/**
 * The reason why a version is too slow to keep; null when it is not, or too little was measured.
 * @param before latencies of the previous version, if known
 * @example
 * ```ts
 * slowness(before, latencies); // 'slow: a prediction takes 140 ms on wasm (median of 20); …'
 * ```
 */
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

/** Whether the previous version was measured on the same backend. */
function isComparable(
  before: Latencies | undefined,
  latencies: Latencies | undefined,
): before is Latencies {
  return isMeasured(before) && before.backend === latencies?.backend;
}

function medianOf(list: readonly number[]): number {
  const sorted = list.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}
