import { layout, LIMITS, parseDeltaIndex } from '@perigee/registry';
import type { DeltaIndex, Manifest, Sha256 } from '@perigee/registry';
import type { ModelStore } from '../store/store.ts';
import { fetchBytes } from './fetch-bytes.ts';
import type { RegistryClient } from './registry-client.ts';

/** Which shorter ways the registry knows from other versions, when there are some on this device. Without an answer everything is fetched whole. */
export async function findDeltas(store: ModelStore, registry: RegistryClient, { name, version }: Manifest, manifestSha256: Sha256, signal?: AbortSignal): Promise<DeltaIndex | null> {
  const others = (await store.listVersions(name)).filter((record) => record.version !== version);
  if (others.length === 0) return null;
  try {
    return parseDeltaIndex(await fetchBytes(registry.url(layout.deltaIndex(manifestSha256)), { maxBytes: LIMITS.manifestBytes, signal }));
  } catch {
    signal?.throwIfAborted();
    return null;
  }
}
