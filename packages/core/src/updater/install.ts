import { formatModelRef, parseModelRef } from '@perigee/registry';
import type { Manifest } from '@perigee/registry';
import type { Candidate } from '../rpc/protocol.ts';
import { PerigeeError } from '../error.ts';
import type { ModelStore, VersionRecord } from '../store/store.ts';
import { collectGarbage } from './collect-garbage.ts';
import { downloadObjects } from './download.ts';
import { leaseVersion } from './lease.ts';
import { loadStored } from './load-stored.ts';
import { planInstall, wantedObjects } from './plan.ts';
import type { RegistryClient } from './registry-client.ts';

export interface InstallOptions {
  readonly signal: AbortSignal;
  readonly onProgress: (loadedBytes: number, totalBytes: number) => void;
}

/**
 * Brings the version a reference names onto this device, verified to the last byte. It does not become active by that.
 * The steps and their numbers are those of the update algorithm (U1–U9); killed in any of them, the old version still answers and the next
 * install goes on where this one ended.
 */
export async function installVersion(store: ModelStore, registry: RegistryClient, text: string, options: InstallOptions): Promise<Candidate> {
  // U1–U4: what does the registry offer for this reference?
  const { manifest, manifestBytes, version, sha256 } = await registry.resolve(text, options.signal);
  const ref = formatModelRef(parseModelRef(text));
  const { variant, objects, sizeBytes } = wantedObjects(manifest);
  const candidate: Candidate = { ref, model: manifest.name, version, variant: variant.id, engine: variant.engine, sizeBytes };
  const known = await store.getVersion(manifest.name, version, variant.id);
  if (known?.state === 'bad') throw new PerigeeError('GOLDEN_MISMATCH', `${manifest.name}@${version} failed on this device before and is not tried again. Publish a newer version.`, { details: { version } });

  // U5: staging. Readers see nothing of it; garbage collection does, so it comes before looking at what is here.
  const record: VersionRecord = {
    model: manifest.name,
    version,
    variant: variant.id,
    state: known?.state ?? 'staging',
    manifest: manifestBytes,
    manifestSha256: sha256,
    objects: objects.map((object) => object.sha256),
    sizeBytes,
    attempts: known?.attempts ?? 0,
  };
  await leaseVersion(store, candidate);
  await store.putVersion(record);

  // U6–U8: fetch what is missing, each object verified before it is kept.
  await fetchMissing(store, registry, manifest, options);

  // U9: the files as a whole. Only now is it a version.
  try {
    await loadStored(store, manifest.name, version, variant.id);
  } catch (error) {
    // What was here already is damaged, or was collected by another tab in between: it is fetched like the rest.
    if (!(error instanceof PerigeeError) || error.details['stored'] !== true) throw error;
    await fetchMissing(store, registry, manifest, options);
    await loadStored(store, manifest.name, version, variant.id);
  }
  // Another tab may have gone further with it meanwhile.
  const now = await store.getVersion(manifest.name, version, variant.id);
  if (now?.state === 'staging') await store.putVersion({ ...now, state: 'verified' });
  await leaseVersion(store, candidate);
  return candidate;
}

async function fetchMissing(store: ModelStore, registry: RegistryClient, manifest: Manifest, options: InstallOptions): Promise<void> {
  try {
    await fetchOnce(store, registry, manifest, options);
  } catch (error) {
    if (!isQuota(error)) throw error;
    // What no version needs makes room; the versions in use never do.
    await collectGarbage(store);
    await fetchOnce(store, registry, manifest, options).catch(async (cause: unknown) => {
      if (!isQuota(cause)) throw cause;
      const neededBytes = (await planInstall(store, manifest)).missing.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
      throw new PerigeeError('QUOTA', `${manifest.name}@${manifest.version} needs ${neededBytes} bytes more than this device has room for. Remove models you no longer use (storage.remove), or free disk space. The version in use is unchanged.`, { cause, details: { neededBytes } });
    });
  }
}

async function fetchOnce(store: ModelStore, registry: RegistryClient, manifest: Manifest, { signal, onProgress }: InstallOptions): Promise<void> {
  const { objects, missing, downloadBytes } = await planInstall(store, manifest);
  const totalBytes = objects.reduce((sum, object) => sum + object.wireBytes, 0);
  let loadedBytes = totalBytes - downloadBytes;
  onProgress(loadedBytes, totalBytes);
  await downloadObjects(missing, registry.url, store, {
    signal,
    onBytes(bytes) {
      loadedBytes += bytes;
      onProgress(Math.min(loadedBytes, totalBytes), totalBytes);
    },
  });
  onProgress(totalBytes, totalBytes);
}

function isQuota(error: unknown): boolean {
  return error instanceof PerigeeError && error.code === 'QUOTA';
}
