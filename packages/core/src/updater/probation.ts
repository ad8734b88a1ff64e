import type { ModelStore } from '../store/store.ts';

/** A version that became active a while ago and has not shown yet that it works for its user. The one before is kept. */
export interface Probation {
  readonly version: string;
  readonly variant: string;
  /** Starts since then of which nothing good was heard. */
  readonly starts: number;
  /** Answers given. */
  readonly answers: number;
  readonly sinceMs: number;
}

/** So many starts in a row that ended without a word: the page most likely died with it. */
export const MAX_SILENT_STARTS = 2;
/** So many answers, or this long with some, and it is confirmed. */
export const CONFIRM_ANSWERS = 20;
export const CONFIRM_MS = 10 * 60_000;

const key = (ref: string): string => `probation:${ref}`;

export function probationValue(ref: string, { version, variant }: { readonly version: string; readonly variant: string }): Readonly<Record<string, unknown>> {
  return { [key(ref)]: { version, variant, starts: 0, answers: 0, sinceMs: Date.now() } satisfies Probation };
}

/** Undefined when the active version is confirmed, or was the first here. */
export async function probationOf(store: ModelStore, ref: string, active: { readonly version: string; readonly variant: string }): Promise<Probation | undefined> {
  const found = (await store.getValue(key(ref))) as Probation | undefined;
  return found?.version === active.version && found.variant === active.variant ? found : undefined;
}

export async function beginStart(store: ModelStore, ref: string, probation: Probation): Promise<void> {
  await store.putValue(key(ref), { ...probation, starts: probation.starts + 1 } satisfies Probation);
}

/** @returns whether it is confirmed by that */
export async function heardGood(store: ModelStore, ref: string, probation: Probation, answers: number): Promise<boolean> {
  const next = { ...probation, starts: 0, answers: probation.answers + answers };
  const confirmed = next.answers >= CONFIRM_ANSWERS || (next.answers > 0 && Date.now() - next.sinceMs >= CONFIRM_MS);
  await (confirmed ? store.deleteValue(key(ref)) : store.putValue(key(ref), next));
  return confirmed;
}

export async function endProbation(store: ModelStore, ref: string): Promise<void> {
  await store.deleteValue(key(ref));
}
