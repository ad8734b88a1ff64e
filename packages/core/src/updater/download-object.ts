import { decodeChunk, layout, RegistryError } from '@perigee/registry';
import { messageOf, PerigeeError } from '../error.ts';
import type { Hosts } from './download-delta.ts';
import type { FetchBytes } from './fetch-bytes.ts';
import { foreignContent } from './foreign-content.ts';
import type { PlannedObject } from './plan.ts';

/** Downloads and verifies an object. `onBytes` gets the bytes that arrive. */
export type Download = (
  object: PlannedObject,
  onBytes: (bytes: number) => void,
) => Promise<Uint8Array>;

/**
 * Downloads from the registry, or from the next mirror if the registry's copy is wrong or
 * unreachable. A host that was unreachable is asked last from then on.
 */
export function createMirrors({ urls, fetch }: Hosts, signal: AbortSignal): Download {
  const unreached = new Set<number>();
  return async (object, onBytes) => {
    let fault: unknown;
    const hosts = [...urls(layout.blob(object.sha256, object.encoding)).entries()];
    for (const [host, url] of [
      ...hosts.filter(([index]) => !unreached.has(index)),
      ...hosts.filter(([index]) => unreached.has(index)),
    ]) {
      try {
        return await downloadObject(object, url, fetch, signal, onBytes);
      } catch (error) {
        signal.throwIfAborted();
        if (
          error instanceof PerigeeError &&
          (error.code === 'NETWORK' || error.code === 'UNAUTHORIZED' || error.code === 'FORBIDDEN')
        )
          unreached.add(host);
        fault ??= error;
      }
    }
    throw fault;
  };
}

async function downloadObject(
  object: PlannedObject,
  url: string,
  fetch: FetchBytes,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): Promise<Uint8Array> {
  let fault: unknown;
  let foreign: string | undefined;
  // A cache may hold a damaged copy, so the second attempt bypasses all caches.
  for (const reload of [false, true]) {
    let counted = 0;
    let wire: Uint8Array | undefined;
    try {
      wire = await fetch(url, {
        maxBytes: Math.max(object.wireBytes, object.sizeBytes),
        signal,
        reload,
        onBytes: (bytes) => {
          counted += bytes;
          onBytes(bytes);
        },
      });
      return await decodeChunk(object, wire);
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error;
      fault = error;
      foreign = wire && foreignContent(wire);
      onBytes(-counted);
    }
  }
  if (foreign)
    throw new PerigeeError('WRONG_CONTENT', `${url} answered ${foreign}.`, {
      cause: fault,
      details: { url, sha256: object.sha256 },
    });
  throw new PerigeeError(
    'INTEGRITY',
    `${url} does not contain what was published (SHA-256 ${object.sha256}): ` +
      `${messageOf(fault)} The version was not installed; publish it again, or check for a proxy ` +
      'that changes files.',
    { cause: fault, details: { url, sha256: object.sha256 } },
  );
}
