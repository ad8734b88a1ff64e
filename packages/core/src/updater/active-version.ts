import { parseModelRef } from '@perigee/registry';
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
