import { parseModelRef } from '@perigee/registry';
import { PerigeeError } from '../error.ts';
import type { StorageReport, StoredFault } from '../storage-types.ts';
import type { ModelStore } from '../store/store.ts';
import { audit } from './audit.ts';
import { collectGarbage } from './collect-garbage.ts';
import { endLease } from './lease.ts';
import { loadStored } from '../store/load-stored.ts';

export async function reportStorage(store: ModelStore): Promise<StorageReport> {
  const [objects, versions, estimate] = await Promise.all([
    store.listObjects(),
    store.listVersions(),
    estimateOf(),
  ]);
  return {
    kind: store.kind,
    chunkBytes: objects.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    models: versions.map(
      ({ model, version, variant, state, sizeBytes, reason, rolledBack, isInMemory }) => ({
        name: model,
        version,
        variant,
        state,
        sizeBytes,
        ...(reason !== undefined && { reason }),
        ...(rolledBack && { rolledBack }),
        ...(isInMemory && { isInMemory }),
      }),
    ),
    ...estimate,
  };
}

/** The browser's estimate of storage. It is only a hint: Chrome does not report the real quota. */
async function estimateOf(): Promise<
  Pick<StorageReport, 'usageBytes' | 'quotaBytes' | 'persisted'>
> {
  const { storage } = globalThis.navigator ?? {};
  const [estimate, persisted] = await Promise.all([
    storage?.estimate?.().catch(() => undefined),
    storage?.persisted?.().catch(() => undefined),
  ]);
  return {
    ...(estimate?.usage !== undefined && { usageBytes: estimate.usage }),
    ...(estimate?.quota !== undefined && { quotaBytes: estimate.quota }),
    ...(persisted !== undefined && { persisted }),
  };
}

/**
 * Reads and verifies every stored version. Damaged objects are deleted, so that they are fetched
 * again.
 */
export async function verifyStorage(store: ModelStore): Promise<StoredFault[]> {
  const faults: StoredFault[] = [];
  for (const { model, version, variant, state, manifestSha256 } of await store.listVersions()) {
    if (state === 'bad' || state === 'staging') continue;
    try {
      await (
        await loadStored(store, model, version, variant)
      ).verified;
    } catch (error) {
      if (!(error instanceof PerigeeError)) throw error;
      faults.push({ name: model, version, variant, state, fault: error.message });
      await audit(store, {
        event: 'verify.fail',
        model,
        version,
        variant,
        manifestSha256,
        reason: error.message,
      });
    }
  }
  return faults;
}

export async function removeModel(store: ModelStore, model: string): Promise<void> {
  if (parseModelRef(model).name !== model) {
    throw new PerigeeError(
      'INVALID_INPUT',
      `remove("${model}") takes the name of a model alone: every version of it is removed. ` +
        'Leave out "@" and what follows.',
    );
  }
  for (const pointer of await store.listPointers())
    if (pointer.model === model) await store.deletePointer(pointer.ref);
  for (const record of await store.listVersions(model)) {
    await store.deleteVersion(model, record.version, record.variant);
    await endLease(store, record);
  }
  await collectGarbage(store);
  await audit(store, { event: 'remove', model });
}
