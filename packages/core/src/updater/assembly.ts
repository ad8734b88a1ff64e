import { digestOfFile } from '#scope';
import type { Sha256, Variant } from '@perigee/registry';
import type { ModelStore } from '../store/store.ts';

/**
 * Larger versions are read back from the store: otherwise their bytes would be in memory twice on
 * the way to the engine.
 */
const MAX_BYTES = 256 * 1024 * 1024;
/** Number of chunks read at once. */
const READ_AHEAD = 16;

export type Files = Readonly<Record<string, Uint8Array<ArrayBuffer>>>;

/**
 * Assembles a version's files while their chunks arrive, so that a first load need not read back
 * what it has just written.
 */
export interface Assembly {
  /** Adds the decoded, verified bytes of an object. Objects that belong to no file are ignored. */
  place(sha256: Sha256, bytes: Uint8Array): void;
  /**
   * Adds the chunks that were stored before and checks each whole file against its digest.
   * Undefined when a file is damaged, incomplete or too large.
   */
  complete(store: ModelStore): Promise<Files | undefined>;
  /** The files, once every chunk was added; undefined before, and when they are too large. */
  whole(): Files | undefined;
}

/** Whether a version is small enough to be put together in memory. */
export function fitsInMemory({ files }: Pick<Variant, 'files'>): boolean {
  return files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) <= MAX_BYTES;
}

/** @param fits whether to put the files together in memory */
export function createAssembly(
  { files, chunks }: Variant,
  fits: boolean = fitsInMemory({ files }),
): Assembly {
  const places = new Map<Sha256, { readonly into: Uint8Array; readonly offset: number }[]>();
  const whole = fits ? files.map((file) => ({ file, bytes: new Uint8Array(file.sizeBytes) })) : [];
  for (const { file, bytes } of whole) {
    let offset = 0;
    for (const chunk of file.chunks.flatMap((index) => chunks[index] ?? [])) {
      const known = places.get(chunk.sha256);
      if (known) known.push({ into: bytes, offset });
      else places.set(chunk.sha256, [{ into: bytes, offset }]);
      offset += chunk.sizeBytes;
    }
  }

  function place(sha256: Sha256, bytes: Uint8Array): void {
    for (const { into, offset } of places.get(sha256) ?? [])
      if (offset + bytes.byteLength <= into.byteLength) into.set(bytes, offset);
    places.delete(sha256);
  }

  const byPath = (): Files =>
    Object.fromEntries(whole.map(({ file, bytes }) => [file.path, bytes]));

  return {
    place,
    whole: () => (fits && places.size === 0 ? byPath() : undefined),
    async complete(store) {
      if (!fits) return undefined;
      const rest = [...places.keys()];
      for (let at = 0; at < rest.length; at += READ_AHEAD) {
        const group = rest.slice(at, at + READ_AHEAD);
        for (const [i, bytes] of (await store.getObjects(group)).entries())
          if (bytes && group[i]) place(group[i], bytes);
      }
      for (const { file, bytes } of whole)
        if ((await digestOfFile(bytes)) !== file.sha256) return undefined;
      return byPath();
    },
  };
}
