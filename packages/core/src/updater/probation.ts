import type { Heard, HeardVerdict } from '../rpc/protocol.ts';
import type { ModelStore, Pointer } from '../store/store.ts';
import { isComparable, isMeasured, joinPace, keepPace, paceOf, slowness } from './pace.ts';
import type { Pace } from './pace.ts';
import { collectDeadStarts } from './starts.ts';

/** A version that became active a while ago and has not shown yet that it works for its user. The one before is kept. */
export interface Probation {
  readonly version: string;
  readonly variant: string;
  /**
   * Starts since the last answer that ended while the version was opened, or made its first
   * prediction.
   */
  readonly failedStarts: number;
  /** When the last of them began. Pages that start together count each only once. */
  readonly countedMs?: number;
  /** Answers given. */
  readonly answers: number;
  readonly sinceMs: number;
  /** Of its answers so far. */
  readonly pace?: Pace;
}

export interface ProbationVerdict extends HeardVerdict {
  /** By how many answers, if it was by these. */
  readonly confirmedBy?: number;
}

/** After so many failed starts in a row a version is left. */
export const MAX_FAILED_STARTS = 2;
/** So many answers, or this long with some, and it is confirmed. */
export const CONFIRM_ANSWERS = 20;
export const CONFIRM_MS = 10 * 60_000;
/** Where the version before has a pace, confirming waits for this one's; not for ever, as calls that run together have none. */
const CONFIRM_UNPACED = 3 * CONFIRM_ANSWERS;

const key = (ref: string): string => `probation:${ref}`;

export function probationValue(ref: string, { version, variant }: { readonly version: string; readonly variant: string }): Readonly<Record<string, unknown>> {
  return { [key(ref)]: { version, variant, failedStarts: 0, answers: 0, sinceMs: Date.now() } satisfies Probation };
}

/** Undefined when the active version is confirmed, or was the first here. */
export async function probationOf(store: ModelStore, ref: string, active: { readonly version: string; readonly variant: string }): Promise<Probation | undefined> {
  const found = (await store.getValue(key(ref))) as Probation | undefined;
  return found?.version === active.version && found.variant === active.variant ? found : undefined;
}

/** Counts those starts that ended in a process or page that is gone by now. */
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

/** Counts a start whose worker was seen to end. */
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

/** A version gave answers: on probation they confirm it, or show that it is too slow; of any other they are its pace, until that is known. */
export async function heardGood(store: ModelStore, { ref, active, previous }: Pointer, { answers, pace }: Pick<Heard, 'answers' | 'pace'>): Promise<ProbationVerdict> {
  const probation = await probationOf(store, ref, active);
  if (!probation) return { onProbation: false, slow: null, done: await measure(store, ref, active, pace) };
  const before = previous ? await paceOf(store, ref, previous) : undefined;
  const joined = joinPace(probation.pace, pace);
  const failedStarts = answers > 0 ? 0 : probation.failedStarts;
  const next = { ...probation, failedStarts, answers: probation.answers + answers, pace: joined } satisfies Probation;
  const slow = slowness(before, joined);
  const enough = isMeasured(joined) || !isComparable(before, joined) ? CONFIRM_ANSWERS : CONFIRM_UNPACED;
  const confirmed = slow === null && (next.answers >= enough || (next.answers > 0 && Date.now() - next.sinceMs >= CONFIRM_MS));
  if (confirmed) {
    // In this order: killed in between it is only confirmed a little later.
    await keepPace(store, ref, active, joined);
    await endProbation(store, ref);
  } else await store.putValue(key(ref), next);
  return { onProbation: !confirmed, slow, done: confirmed && isMeasured(joined), ...(confirmed && { confirmedBy: next.answers }) };
}

/** @returns whether its pace is known by now. Written a few times in the life of a version, then never again. */
async function measure(store: ModelStore, ref: string, active: Pointer['active'], pace: Pace): Promise<boolean> {
  const known = await paceOf(store, ref, active);
  if (isMeasured(known) && (known.backend === pace.backend || pace.samplesMs.length === 0)) return true;
  const joined = joinPace(known, pace);
  if (pace.samplesMs.length > 0) await keepPace(store, ref, active, joined);
  return isMeasured(joined);
}

export async function endProbation(store: ModelStore, ref: string): Promise<void> {
  await store.deleteValue(key(ref));
}
