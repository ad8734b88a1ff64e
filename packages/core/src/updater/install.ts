import { formatModelRef, parseModelRef } from '@perigee/registry';
import type { Candidate } from '../rpc/protocol.ts';
import { PerigeeError } from '../error.ts';
import type { ModelStore, VersionRecord } from '../store/store.ts';
import { downloadObjects } from './download.ts';
import { loadStored } from './load-stored.ts';
import { planInstall } from './plan.ts';
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
export async function installVersion(store: ModelStore, registry: RegistryClient, text: string, { signal, onProgress }: InstallOptions): Promise<Candidate> {
  // U1–U4: what does the registry offer for this reference?
  const { manifest, manifestBytes, version, sha256 } = await registry.resolve(text, signal);
  const ref = formatModelRef(parseModelRef(text));
  const plan = await planInstall(store, manifest);
  const { variant } = plan;
  const known = await store.getVersion(manifest.name, version, variant.id);
  if (known?.state === 'bad') throw new PerigeeError('GOLDEN_MISMATCH', `${manifest.name}@${version} failed on this device before and is not tried again. Publish a newer version.`, { details: { version } });

  // U5: staging. Readers see nothing of it.
  const record: VersionRecord = {
    model: manifest.name,
    version,
    variant: variant.id,
    state: known && known.state !== 'staging' ? known.state : 'staging',
    manifest: manifestBytes,
    manifestSha256: sha256,
    objects: plan.objects.map((object) => object.sha256),
    sizeBytes: plan.sizeBytes,
    attempts: known?.attempts ?? 0,
  };
  await store.putVersion(record);

  // U6–U8: fetch what is missing, each object verified before it is kept.
  const totalBytes = plan.objects.reduce((sum, object) => sum + object.wireBytes, 0);
  let loadedBytes = totalBytes - plan.downloadBytes;
  onProgress(loadedBytes, totalBytes);
  await downloadObjects(plan.missing, registry.url, store, {
    signal,
    onBytes(bytes) {
      loadedBytes += bytes;
      onProgress(Math.min(loadedBytes, totalBytes), totalBytes);
    },
  });
  onProgress(totalBytes, totalBytes);

  // U9: the files as a whole. Only now is it a version.
  await loadStored(store, manifest.name, version, variant.id);
  if (record.state === 'staging') await store.putVersion({ ...record, state: 'verified' });
  return { ref, model: manifest.name, version, variant: variant.id, sizeBytes: plan.sizeBytes };
}
