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
import { beginStart, endProbation, MAX_SILENT_STARTS, probationOf, probationValue } from './probation.ts';

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

/**
 * U13: back to the version before, which is still here; the one left is bad from now on. Undefined when there is none to go back to.
 * @param event why it is logged: a guard, the app, or a policy
 */
export async function rollBack(store: ModelStore, ref: string, reason: string, event: 'rollback' | 'policy.block' = 'rollback'): Promise<LocalVersion | undefined> {
  const pointer = await store.getPointer(ref);
  const { previous, active, model } = pointer ?? {};
  if (!previous || !active || model === undefined) return undefined;
  const record = await store.getVersion(model, previous.version, previous.variant);
  if (!record || (await blockedHere(store, model, previous.version)) !== null) return undefined;
  await flip(store, { ref, model, ...previous }, { event, reason: `${active.version}: ${reason}` }, false);
  const left = await store.getVersion(model, active.version, active.variant);
  // Another reference may still have it as its active one.
  if (left && left.state !== 'active') await store.putVersion({ ...left, state: 'bad', reason });
  await endProbation(store, ref);
  return asLocal(record);
}

/**
 * The version that answers for a reference at this start. One that must not run any more, or that ended two starts in a row without a word, is
 * left for the one before.
 */
export async function startLocal(store: ModelStore, ref: string): Promise<LocalVersion | null> {
  const pointer = await store.getPointer(ref);
  if (!pointer) return null;
  const { model, active } = pointer;
  const record = await store.getVersion(model, active.version, active.variant);
  // A pointer to what is not here answers for nothing; without it the version is fetched again.
  if (!record) return null;
  const blocked = await blockedHere(store, model, active.version);
  if (blocked !== null) return (await rollBack(store, ref, blocked, 'policy.block')) ?? null;
  const probation = await probationOf(store, ref, active);
  if (!probation) return asLocal(record);
  if (probation.starts >= MAX_SILENT_STARTS) {
    const before = await rollBack(store, ref, `${probation.starts} starts in a row ended without a word`);
    if (before) return before;
  }
  await beginStart(store, ref, probation);
  return { ...asLocal(record), onProbation: true };
}

function asLocal(record: VersionRecord): LocalVersion {
  const { model, version, variant, sizeBytes } = record;
  return { model, version, variant, sizeBytes, engine: parseManifest(record.manifest).variants.find(({ id }) => id === variant)?.engine ?? 'onnx', onProbation: false };
}
