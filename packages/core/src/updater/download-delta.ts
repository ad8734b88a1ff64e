import { decodeDelta, layout, sha256Hex } from '@perigee/registry';
import type { ModelStore } from '../store/store.ts';
import type { PlannedObject } from './plan.ts';
import type { RegistryClient } from './registry-client.ts';

/** The URLs of objects, and how to fetch them. */
export type Hosts = Pick<RegistryClient, 'urls' | 'fetch'>;

/**
 * After this many useless deltas a host is asked for no more: if some of its deltas are wrong, most
 * are, and each costs a request.
 */
const MAX_FAILURES = 3;
/** The timeout is short because the whole object can be fetched instead. */
const PATIENCE_MS = 10_000;

/**
 * Returns a function that builds an object from a stored chunk and a delta of the registry, or of
 * the next mirror if that delta is wrong or missing. Deltas are not signed, so only the digest of
 * the result counts. The function resolves to undefined when the object has no delta or none works;
 * the object must then be fetched whole. `onBytes` gets the wire bytes, as a negative number when
 * they were useless.
 */
export function createDeltaDownload(
  { urls, fetch }: Hosts,
  store: ModelStore,
  signal: AbortSignal,
): (object: PlannedObject, onBytes: (bytes: number) => void) => Promise<Uint8Array | undefined> {
  const failures: number[] = [];
  return async ({ sha256, sizeBytes, delta }, onBytes) => {
    if (!delta) return undefined;
    let base: Uint8Array | undefined;
    for (const [host, url] of urls(layout.delta(sha256, delta.base)).entries()) {
      if ((failures[host] ?? 0) >= MAX_FAILURES) continue;
      base ??= (await store.getObjects([delta.base]))[0];
      // A delta keeps the length of its base.
      if (base?.byteLength !== sizeBytes) return undefined;
      let counted = 0;
      try {
        const wire = await fetch(url, {
          maxBytes: delta.wireBytes,
          signal,
          attempts: 1,
          stallMs: PATIENCE_MS,
          slowMs: PATIENCE_MS,
          onBytes(bytes) {
            counted += bytes;
            onBytes(bytes);
          },
        });
        const bytes = await decodeDelta(base, wire);
        if ((await sha256Hex(bytes)) === sha256) return bytes;
      } catch {
        signal.throwIfAborted();
      }
      failures[host] = (failures[host] ?? 0) + 1;
      onBytes(-counted);
    }
    return undefined;
  };
}
