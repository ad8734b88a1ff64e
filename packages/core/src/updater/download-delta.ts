import { decodeDelta, layout, sha256Hex } from '@perigee/registry';
import type { ModelStore } from '../store/store.ts';
import type { PlannedObject } from './plan.ts';
import type { RegistryClient } from './registry-client.ts';

/** Where objects are, and how they are asked for. */
export type Hosts = Pick<RegistryClient, 'urls' | 'fetch'>;

/** Deltas that came to nothing before a host is asked for no more: one that has them wrong has most of them wrong, and each costs a request. */
const MAX_FAILURES = 3;
/** Where there is another way nobody waits long. */
const PATIENCE_MS = 10_000;

/**
 * Makes objects of chunks that are here, with deltas of the registry or, where that has one wrong or not at all, of the next of its mirrors. Nobody has signed for
 * a delta, so its result counts by its digest only; undefined when an object has no delta or it leads nowhere: then the whole is to be fetched. `onBytes` gets wire
 * bytes, negative when they were of no use.
 */
export function createDeltaDownload({ urls, fetch }: Hosts, store: ModelStore, signal: AbortSignal): (object: PlannedObject, onBytes: (bytes: number) => void) => Promise<Uint8Array | undefined> {
  const failures: number[] = [];
  return async ({ sha256, sizeBytes, delta }, onBytes) => {
    if (!delta) return undefined;
    let base: Uint8Array | undefined;
    for (const [host, url] of urls(layout.delta(sha256, delta.base)).entries()) {
      if ((failures[host] ?? 0) >= MAX_FAILURES) continue;
      base ??= (await store.getObjects([delta.base]))[0];
      // What is made of it is as long as it is.
      if (base?.byteLength !== sizeBytes) return undefined;
      let counted = 0;
      try {
        const wire = await fetch(url, { maxBytes: delta.wireBytes, signal, attempts: 1, stallMs: PATIENCE_MS, slowMs: PATIENCE_MS, onBytes(bytes) {
          counted += bytes;
          onBytes(bytes);
        } });
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
