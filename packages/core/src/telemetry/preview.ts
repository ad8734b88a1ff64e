import { describeProfile, parseReference } from '@perigee/profile';
import type { Profile, ReferenceProfile } from '@perigee/profile';
import { parseManifest } from '@perigee/registry';
import type { ModelStore } from '../store/store.ts';
import { lostSoFar } from './lost.ts';
import { openBatch, openWindows } from './seal.ts';

/**
 * Describes the queued batches and the windows that would be sealed next, with names instead of
 * bytes. A payload contains nothing else.
 */
export async function previewTelemetry(store: ModelStore): Promise<unknown> {
  const describe = (profiles: readonly Profile[]) =>
    Promise.all(
      profiles.map(async (profile) => describeProfile(profile, await referenceOf(store, profile))),
    );
  const windows = await openWindows(store);
  const queued = await Promise.all(
    (await store.listBatches()).map(async (batch) => {
      const { batchId, sealedAtMs, lost, profiles } = await openBatch(batch);
      return {
        batchId,
        sealedAt: new Date(sealedAtMs).toISOString(),
        lost,
        profiles: await describe(profiles),
      };
    }),
  );
  return {
    next: await describe(windows.map(({ profile }) => profile)),
    lost: await lostSoFar(store),
    queued,
  };
}

/**
 * Returns the reference of a profile, for the names of its features; null when its version is not
 * on this device any more.
 */
async function referenceOf(store: ModelStore, { key }: Profile): Promise<ReferenceProfile | null> {
  const record = (await store.listVersions(key.model)).find(
    ({ version }) => version === key.version,
  );
  const reference = record && parseManifest(record.manifest).reference;
  const [bytes] = reference ? await store.getObjects([reference.sha256]) : [];
  return bytes ? parseReference(bytes) : null;
}
