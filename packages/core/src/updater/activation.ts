import { parseManifest } from '@perigee/registry';
import { MAX_FAILED_STARTS } from '@perigee/registry/probation';
import { PerigeeError } from '../error.ts';
import type { Candidate, LocalVersion } from '../rpc/updater-api.ts';
import type { ModelStore, Pointer, VersionRecord } from '../store/store.ts';
import { activeVersion } from './active-version.ts';
import { announce } from './announce.ts';
import { audit, pendingAudit, sealAudit } from './audit.ts';
import type { AuditFacts } from './audit.ts';
import { collectGarbage } from './collect-garbage.ts';
import { endLease } from './lease.ts';
import { endProbation, probationValue } from './probation.ts';
import { setAside } from './set-aside.ts';
import type { Registry } from './trust.ts';
import { versionBefore } from './version-before.ts';

const FLIP_ATTEMPTS = 5;
/** A version that another reference activates meanwhile is not marked. */
const NOT_ACTIVE = ['staging', 'verified', 'previous', 'bad'] as const;

export async function recordOf(
  store: ModelStore,
  { model, version, variant }: Pick<Candidate, 'model' | 'version' | 'variant'>,
): Promise<VersionRecord> {
  const record = await store.getVersion(model, version, variant);
  if (!record)
    throw new PerigeeError('MODEL_NOT_FOUND', `${model}@${version} is not on this device.`);
  return record;
}

/**
 * U11: changes the pointer, the states, the probation and the log entry in one transaction. The
 * epoch shows whether another tab flipped the pointer meanwhile. The log entry waits to be sealed.
 */
async function flip(
  store: ModelStore,
  to: Pick<Candidate, 'ref' | 'model' | 'version' | 'variant'>,
  facts: AuditFacts,
  probation: boolean,
): Promise<Pointer> {
  for (let attempt = 0; attempt < FLIP_ATTEMPTS; attempt += 1) {
    const record = await recordOf(store, to);
    const current = await store.getPointer(to.ref);
    const { model, version, variant } = to;
    const extraValues = {
      ...pendingAudit({ ...facts, model, version, variant, manifestSha256: record.manifestSha256 }),
      ...(probation && current && probationValue(to.ref, to)),
    };
    const flipped = await store.flip(to.ref, to, current?.epoch ?? 0, extraValues);
    if (!flipped) continue;
    announce({ ref: to.ref, version, epoch: flipped.epoch });
    return flipped;
  }
  throw new PerigeeError(
    'STORAGE',
    `${to.model}@${to.version} could not be activated: other tabs changed ` +
      `${to.ref} ${FLIP_ATTEMPTS} times meanwhile.`,
    { retryable: true },
  );
}

/** Moves the pointer to a version that passed its trial. `finishActivation` follows. */
export function moveTo(store: ModelStore, candidate: Candidate): Promise<Pointer> {
  return flip(store, candidate, { event: 'activate', reason: candidate.reason }, true);
}

export async function activate(store: ModelStore, candidate: Candidate): Promise<Pointer> {
  const flipped = await moveTo(store, candidate);
  await finishActivation(store, candidate);
  return flipped;
}

/** Steps that a kill leaves undone are done when the next version becomes active. */
export async function finishActivation(store: ModelStore, candidate: Candidate): Promise<void> {
  await sealAudit(store);
  await endLease(store, candidate);
  await collectGarbage(store);
}

/**
 * Marks a version as bad, so that it is never tried again on this device. An active version stays
 * active after a failed trial, because it is what the device falls back to.
 */
export async function reject(
  store: ModelStore,
  candidate: Pick<Candidate, 'model' | 'version' | 'variant'>,
  reason: string,
): Promise<void> {
  const record = await recordOf(store, candidate);
  await store.changeVersion(candidate, NOT_ACTIVE, { state: 'bad', reason });
  const { model, version, variant } = candidate;
  await audit(store, {
    event: 'reject',
    model,
    version,
    variant,
    manifestSha256: record.manifestSha256,
    reason,
  });
  await endLease(store, candidate);
  await collectGarbage(store);
}

export interface Leaving {
  readonly reason: string;
  /**
   * The cause of the rollback: `rollback`, the version was found faulty; `app`, for any reason of its
   * own; `policy`, which may be lifted; or `starts`, because starts failed, which may not be its
   * fault.
   */
  readonly by: 'rollback' | 'app' | 'policy' | 'starts';
  /** The registry of the app; null without one. */
  readonly registry: Registry | null;
}

/**
 * U13: goes back to the previous version. The version left becomes bad: for a limited time if
 * starts failed, else for ever. A version that a policy blocks is not marked.
 * @returns undefined when there is no version to go back to
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
  await sealAudit(store);
  const left = await store.getVersion(model, active.version, active.variant);
  // Another reference may still have this version active.
  if (left && by !== 'policy') {
    const chosen = by === 'app' && ({ rolledBack: true } as const);
    const marks: Partial<VersionRecord> =
      by === 'starts' ? setAside(left, reason) : { state: 'bad', reason, ...chosen };
    await store.changeVersion(left, NOT_ACTIVE, marks);
  }
  await endProbation(store, ref);
  return asLocal(record);
}

/**
 * Returns the version that answers for a reference at this start. A blocked version, or one with
 * which two starts in a row failed, is rolled back first. Calling this counts no start.
 */
export async function startLocal(
  store: ModelStore,
  ref: string,
  registry: Registry | null = null,
): Promise<LocalVersion | null> {
  const active = await activeVersion(store, ref, registry);
  // The caller downloads what the reference means.
  if (!active) return null;
  const { record, blocked, probation } = active;
  if (blocked !== null)
    return (await rollBack(store, ref, { reason: blocked, by: 'policy', registry })) ?? null;
  if (!probation) return asLocal(record);
  if (probation.failedStarts >= MAX_FAILED_STARTS) {
    const reason =
      `${probation.failedStarts} starts in a row ended while it was opened or made its first ` +
      'prediction';
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
