import { formatModelRef, parseModelRef } from '@perigee/registry';
import type { ModelStore, VersionRecord } from '../store/store.ts';
import { blockingHere } from './policy.ts';
import { lastProbation, probationIn } from './probation.ts';
import type { Probation } from './probation.ts';
import type { Registry } from './trust.ts';
import { isMeant } from './version-before.ts';

/** The version that a reference points to, and what speaks against it. */
export interface ActiveVersion {
  readonly record: VersionRecord;
  /** The reason why it must not run here; null when it may. */
  readonly blocked: string | null;
  readonly probation: Probation | undefined;
}

/**
 * Reads what a reference points to, and changes nothing. Null if that version is not stored, or
 * does not match the reference.
 */
export async function activeVersion(
  store: ModelStore,
  ref: string,
  registry: Registry | null,
): Promise<ActiveVersion | null> {
  const [pointer, blockedBy, probation] = await Promise.all([
    store.getPointer(ref),
    blockingHere(store, registry, parseModelRef(ref).name),
    lastProbation(store, ref),
  ]);
  if (!pointer || !isMeant(ref, pointer.active.version)) return null;
  const { model, active } = pointer;
  const record = await store.getVersion(model, active.version, active.variant);
  return record
    ? { record, blocked: blockedBy(active.version), probation: probationIn(active, probation) }
    : null;
}

/**
 * The version that a reference points to, if nothing has to be decided before it runs: it is
 * confirmed and allowed. Otherwise null, and the updater says what to open. Changes nothing.
 */
export async function confirmedVersion(
  store: ModelStore,
  ref: string,
  registry: Registry | null,
): Promise<VersionRecord | null> {
  const active = await activeVersion(store, formatModelRef(parseModelRef(ref)), registry);
  if (!active || active.blocked !== null || active.probation) return null;
  return active.record.state === 'active' ? active.record : null;
}
