import { isConfirmed, isMeasured, joinLatencies, slowness } from '@perigee/registry/probation';
import type { Latencies } from '@perigee/registry/probation';
import type { AnswerReport, AnswerVerdict } from '../rpc/updater-api.ts';
import type { ModelStore, Pointer } from '../store/store.ts';
import { keepLatencyBaseline, latencyBaseline } from './latency-baseline.ts';
import { collectDeadStarts } from './starts.ts';

/**
 * The probation of a version that became active and has yet to show that it works. The previous
 * version is kept meanwhile.
 */
export interface Probation {
  readonly version: string;
  readonly variant: string;
  /**
   * Number of starts since the last answer that ended while the version was opened or made its
   * first prediction.
   */
  readonly failedStarts: number;
  /** When the last counted start began. Pages that start together are counted once. */
  readonly countedMs?: number;
  /** Number of answers given. */
  readonly answers: number;
  readonly sinceMs: number;
  /** The latencies of its answers so far. Stored data keep the name "pace". */
  readonly pace?: Latencies;
}

export interface ProbationVerdict extends AnswerVerdict {
  /** Number of answers that confirmed the version. */
  readonly confirmedBy?: number;
}

const key = (ref: string): string => `probation:${ref}`;

export function probationValue(
  ref: string,
  { version, variant }: { readonly version: string; readonly variant: string },
): Readonly<Record<string, unknown>> {
  return {
    [key(ref)]: {
      version,
      variant,
      failedStarts: 0,
      answers: 0,
      sinceMs: Date.now(),
    } satisfies Probation,
  };
}

/**
 * Returns the probation of the active version; undefined when it is confirmed or was the first
 * here.
 */
export async function probationOf(
  store: ModelStore,
  ref: string,
  active: { readonly version: string; readonly variant: string },
): Promise<Probation | undefined> {
  return probationIn(active, await lastProbation(store, ref));
}

/** The probation that was begun last for a reference. It may be of another version. */
export async function lastProbation(
  store: ModelStore,
  ref: string,
): Promise<Probation | undefined> {
  return (await store.getValue(key(ref))) as Probation | undefined;
}

/** Returns the probation if it is of this version. */
export function probationIn(
  { version, variant }: { readonly version: string; readonly variant: string },
  probation: Probation | undefined,
): Probation | undefined {
  return probation?.version === version && probation.variant === variant ? probation : undefined;
}

/** Counts a failed start if a process or page ended during one. */
export async function countDeadStarts(
  store: ModelStore,
  ref: string,
  active: { readonly version: string; readonly variant: string },
  left: readonly string[],
): Promise<void> {
  const probation = await probationOf(store, ref, active);
  const dead = probation && (await collectDeadStarts(store, ref, probation, left));
  if (!dead) return;
  if (dead.sinceMs > (probation.countedMs ?? 0)) {
    await store.putValue(key(ref), {
      ...probation,
      failedStarts: probation.failedStarts + 1,
      countedMs: dead.sinceMs,
    } satisfies Probation);
  }
  await dead.forget();
}

/** Counts a start during which the worker ended. */
export async function countFailedStart(
  store: ModelStore,
  { ref, ...side }: { readonly ref: string; readonly version: string; readonly variant: string },
): Promise<void> {
  const probation = await probationOf(store, ref, side);
  if (probation)
    await store.putValue(key(ref), {
      ...probation,
      failedStarts: probation.failedStarts + 1,
    } satisfies Probation);
}

/**
 * Records answers of a version. On probation, they confirm it or show that it is too slow.
 * Otherwise they measure its latency, until that is known.
 */
export async function recordAnswers(
  store: ModelStore,
  { ref, active, previous }: Pointer,
  { answers, latencies }: Pick<AnswerReport, 'answers' | 'latencies'>,
): Promise<ProbationVerdict> {
  const probation = await probationOf(store, ref, active);
  if (!probation)
    return { onProbation: false, slow: null, done: await measure(store, ref, active, latencies) };
  const before = previous ? await latencyBaseline(store, ref, previous) : undefined;
  const joined = joinLatencies(probation.pace, latencies);
  const failedStarts = answers > 0 ? 0 : probation.failedStarts;
  const next = {
    ...probation,
    failedStarts,
    answers: probation.answers + answers,
    pace: joined,
  } satisfies Probation;
  const slow = slowness(before, joined);
  const onProbationMs = Date.now() - next.sinceMs;
  const confirmed = isConfirmed({ answers: next.answers, onProbationMs }, before, joined);
  if (confirmed) {
    // In this order, a kill in between only delays the confirmation.
    await keepLatencyBaseline(store, ref, active, joined);
    await endProbation(store, ref);
  } else await store.putValue(key(ref), next);
  return {
    onProbation: !confirmed,
    slow,
    done: confirmed && isMeasured(joined),
    ...(confirmed && { confirmedBy: next.answers }),
  };
}

/**
 * Adds samples to the latency baseline of a confirmed version, until it is measured.
 * @returns whether it is measured
 */
async function measure(
  store: ModelStore,
  ref: string,
  active: Pointer['active'],
  latencies: Latencies,
): Promise<boolean> {
  const { backend, samplesMs } = latencies;
  const known = await latencyBaseline(store, ref, active);
  if (isMeasured(known) && (known.backend === backend || samplesMs.length === 0)) return true;
  const joined = joinLatencies(known, latencies);
  if (samplesMs.length > 0) await keepLatencyBaseline(store, ref, active, joined);
  return isMeasured(joined);
}

export async function endProbation(store: ModelStore, ref: string): Promise<void> {
  await store.deleteValue(key(ref));
}
