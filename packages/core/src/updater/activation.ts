import { parseManifest } from '@perigee/registry';
import { PerigeeError } from '../error.ts';
import type { Candidate, LocalVersion } from '../rpc/protocol.ts';
import type { ModelStore, Pointer, VersionRecord } from '../store/store.ts';
import { announce } from './announce.ts';
import { audit, pendingAudit, sealAudit } from './audit.ts';
import type { AuditFacts } from './audit.ts';
import { collectGarbage } from './collect-garbage.ts';
import { endLease } from './lease.ts';
import { blockedHere } from './policy.ts';
import { endProbation, MAX_FAILED_STARTS, probationOf, probationValue } from './probation.ts';
import { setAside } from './set-aside.ts';
import type { Registry } from './trust.ts';
import { isMeant, versionBefore } from './version-before.ts';

const FLIP_ATTEMPTS = 5;

export async function recordOf(store: ModelStore, { model, version, variant }: Pick<Candidate, 'model' | 'version' | 'variant'>): Promise<VersionRecord> {
  const record = await store.getVersion(model, version, variant);
  if (!record) throw new PerigeeError('MODEL_NOT_FOUND', `${model}@${version} is not on this device.`);
  return record;
}

/** U11: the pointer, the states, the probation and the log entry move in one transaction; another tab may have flipped in between, which is seen by the epoch. */
async function flip(store: ModelStore, to: Pick<Candidate, 'ref' | 'model' | 'version' | 'variant'>, facts: AuditFacts, probation: boolean): Promise<Pointer> {
  for (let attempt = 0; attempt < FLIP_ATTEMPTS; attempt += 1) {
    const record = await recordOf(store, to);
    const current = await store.getPointer(to.ref);
    const { model, version, variant } = to;
    const beside = { ...pendingAudit({ ...facts, model, version, variant, manifestSha256: record.manifestSha256 }), ...(probation && current && probationValue(to.ref, to)) };
    const flipped = await store.flip(to.ref, to, current?.epoch ?? 0, beside);
    if (!flipped) continue;
    await sealAudit(store);
    announce({ ref: to.ref, version, epoch: flipped.epoch });
    return flipped;
  }
  throw new PerigeeError('STORAGE', `${to.model}@${to.version} could not be activated: other tabs changed ${to.ref} ${FLIP_ATTEMPTS} times meanwhile.`, { retryable: true });
}

export async function activate(store: ModelStore, candidate: Candidate): Promise<Pointer> {
  const flipped = await flip(store, candidate, { event: 'activate', reason: candidate.reason }, true);
  await endLease(store, candidate);
  await collectGarbage(store);
  return flipped;
}

/** Never to be tried again on this device. An active version is what there is to fall back to; a failed retrial of it does not take it away. */
export async function reject(store: ModelStore, candidate: Pick<Candidate, 'model' | 'version' | 'variant'>, reason: string): Promise<void> {
  const record = await recordOf(store, candidate);
  if (record.state !== 'active') await store.putVersion({ ...record, state: 'bad', reason });
  const { model, version, variant } = candidate;
  await audit(store, { event: 'reject', model, version, variant, manifestSha256: record.manifestSha256, reason });
  await endLease(store, candidate);
  await collectGarbage(store);
}

export interface Leaving {
  readonly reason: string;
  /**
   * What was found wrong with it; the app, which may have any reason; a policy, which may be taken
   * back; or starts that failed, for which the version may not be to blame.
   */
  readonly by: 'rollback' | 'app' | 'policy' | 'starts';
  /** The registry of the app; null where the app names none. */
  readonly registry: Registry | null;
}

/**
 * U13: back to the version before, which is still here. The one left is bad from now on: for ever,
 * or for some time where starts failed; one that a policy blocks needs no mark. Undefined when
 * there is none to go back to.
 */
export async function rollBack(
  store: ModelStore,
  ref: string,
  { reason, by, registry }: Leaving,
): Promise<LocalVersion | undefined> {
  const pointer = await store.getPointer(ref);
  const record = pointer && (await versionBefore(store, registry, pointer));
  if (!record) return undefined;
  const { active, model } = pointer;
  const event = by === 'policy' ? 'policy.block' : 'rollback';
  await flip(store, { ...record, ref }, { event, reason: `${active.version}: ${reason}` }, false);
  const left = await store.getVersion(model, active.version, active.variant);
  // Another reference may still have it as its active one.
  if (left && left.state !== 'active' && by !== 'policy') {
    const chosen: Pick<VersionRecord, 'rolledBack'> = by === 'app' ? { rolledBack: true } : {};
    await store.putVersion(by === 'starts' ? setAside(left, reason) : { ...left, state: 'bad', reason, ...chosen });
  }
  await endProbation(store, ref);
  return asLocal(record);
}

/**
 * The version that answers for a reference at this start. One that must not run any more is left for
 * the one before; so is one with which two starts in a row failed. To ask counts nothing.
 */
export async function startLocal(
  store: ModelStore,
  ref: string,
  registry: Registry | null = null,
): Promise<LocalVersion | null> {
  const pointer = await store.getPointer(ref);
  if (!pointer) return null;
  const { model, active } = pointer;
  const record = await store.getVersion(model, active.version, active.variant);
  // A pointer to what is not here answers for nothing; without it the version is fetched again.
  if (!record || !isMeant(ref, active.version)) return null;
  const blocked = await blockedHere(store, registry, model, active.version);
  if (blocked !== null) return (await rollBack(store, ref, { reason: blocked, by: 'policy', registry })) ?? null;
  const probation = await probationOf(store, ref, active);
  if (!probation) return asLocal(record);
  if (probation.failedStarts >= MAX_FAILED_STARTS) {
    const reason = `${probation.failedStarts} starts in a row ended while it was opened or made its first prediction`;
    const before = await rollBack(store, ref, { reason, by: 'starts', registry });
    if (before) return before;
  }
  return { ...asLocal(record), onProbation: true };
}

function asLocal(record: VersionRecord): LocalVersion {
  const { model, version, variant, sizeBytes } = record;
  return {
    model,
    version,
    variant,
    sizeBytes,
    engine:
      parseManifest(record.manifest).variants.find(({ id }) => id === variant)?.engine ?? 'onnx',
    onProbation: false,
  };
}
