import { layout, LIMITS, parseDeltaIndex } from '@perigee/registry';
import type { DeltaIndex, Manifest, Sha256, Variant } from '@perigee/registry';
import type { ModelStore } from '../store/store.ts';
import type { RegistryClient } from './registry-client.ts';

/** The timeout is short because the objects can be fetched whole. */
const PATIENCE_MS = 10_000;

/**
 * Finds deltas to the missing chunks from chunks of the model's other versions on this device.
 * Without them, everything is fetched whole. Chunks of other models are not considered, so that a
 * host does not learn which other models are here.
 */
export async function findDeltas(
  store: ModelStore,
  registry: RegistryClient,
  { name, version }: Manifest,
  variant: Variant,
  manifestSha256: Sha256,
  signal?: AbortSignal,
): Promise<DeltaIndex | null> {
  const others = (await store.listVersions(name)).filter((record) => record.version !== version);
  if (
    others.length === 0 ||
    (await store.missingObjects(variant.chunks.map(({ sha256 }) => sha256))).length === 0
  )
    return null;
  // The first host that has an index answers. The index is only a hint, so there is nothing to
  // compare.
  for (const url of registry.urls(layout.deltaIndex(manifestSha256))) {
    try {
      const index = parseDeltaIndex(
        await registry.fetch(url, {
          maxBytes: LIMITS.manifestBytes,
          signal,
          attempts: 2,
          stallMs: PATIENCE_MS,
          slowMs: PATIENCE_MS,
        }),
      );
      const known = new Set(others.flatMap(({ objects }) => objects));
      return new Map(
        [...index].map(
          ([to, bases]) => [to, new Map([...bases].filter(([base]) => known.has(base)))] as const,
        ),
      );
    } catch {
      signal?.throwIfAborted();
    }
  }
  return null;
}
