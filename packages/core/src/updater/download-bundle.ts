import { decodeChunk, RegistryError, splitBundle } from '@perigee/registry';
import type { Stored } from './download.ts';
import type { Download } from './download-object.ts';
import type { PlannedBundle, PlannedObject } from './plan.ts';

/**
 * Returns a function that downloads the objects of a bundle with one request. Where a bundle is
 * missing or wrong, its objects are fetched one by one: it only saves requests. Each object is
 * verified by its own digest in any case.
 */
export function createBundleDownload(
  download: Download,
  signal: AbortSignal,
): (bundle: PlannedBundle, onBytes: (bytes: number) => void) => AsyncGenerator<Stored> {
  return async function* fromBundle(bundle, onBytes) {
    const wires = await wiresOf(bundle, onBytes);
    for (const [index, object] of bundle.members.entries()) {
      const wire = wires?.[index];
      const unpacked = wire && (await unpack(object, wire));
      if (wire && !unpacked) onBytes(-wire.byteLength);
      yield { sha256: object.sha256, bytes: unpacked ?? (await download(object, onBytes)) };
    }
  };

  async function wiresOf(
    { sha256, sizeBytes, members }: PlannedBundle,
    onBytes: (bytes: number) => void,
  ): Promise<readonly Uint8Array[] | undefined> {
    let counted = 0;
    try {
      const whole = { sha256, sizeBytes, encoding: 'identity', wireBytes: sizeBytes } as const;
      const bytes = await download(whole, (count) => {
        counted += count;
        onBytes(count);
      });
      return splitBundle(members, bytes);
    } catch {
      signal.throwIfAborted();
      onBytes(-counted);
      return undefined;
    }
  }
}

/** The decoded bytes; undefined when they are wrong. */
async function unpack(object: PlannedObject, wire: Uint8Array): Promise<Uint8Array | undefined> {
  try {
    return await decodeChunk(object, wire);
  } catch (error) {
    if (error instanceof RegistryError) return undefined;
    throw error;
  }
}
