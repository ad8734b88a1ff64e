import { isSha256 } from '../chunks/hash.ts';
import { LIMITS } from '../manifest/limits.ts';
import type { Sha256 } from '../manifest/manifest.ts';
import { reader } from '../manifest/reader.ts';
import type { Reader } from '../manifest/reader.ts';
import { parseJson } from '../manifest/safe-json.ts';

/**
 * Deltas that the chunks of a version have: new digest → base digest → bytes of the delta. The
 * index is unsigned; it only suggests downloads to try.
 */
export type DeltaIndex = ReadonlyMap<Sha256, ReadonlyMap<Sha256, number>>;

/**
 * The index as JSON text in UTF-8.
 * @example
 * ```ts
 * const bytes = encodeDeltaIndex(new Map([[next, new Map([[base, 1_024]])]]));
 * ```
 */
export function encodeDeltaIndex(index: DeltaIndex): Uint8Array {
  const deltas = Object.fromEntries(
    [...index].map(([to, bases]) => [to, Object.fromEntries(bases)]),
  );
  return new TextEncoder().encode(`${JSON.stringify({ schema: 'perigee-deltas/1', deltas })}\n`);
}

/**
 * Parses and checks an index of deltas.
 * @throws RegistryError INVALID_MANIFEST
 * @example
 * ```ts
 * parseDeltaIndex(bytes).get(next)?.get(base); // 1024
 * ```
 */
export function parseDeltaIndex(bytes: Uint8Array): DeltaIndex {
  const root = reader(parseJson(bytes, 'delta index', LIMITS.manifestBytes));
  root.field('schema').oneOf(['perigee-deltas/1']);
  return new Map(
    root
      .field('deltas')
      .entries(
        LIMITS.chunksPerVariant,
        (bases, to) =>
          [
            digest(bases, to),
            new Map(
              bases
                .entries(
                  LIMITS.deltaBases,
                  (size, from) => [digest(size, from), size.integer(1, LIMITS.chunkBytes)] as const,
                )
                .map(([, entry]) => entry),
            ),
          ] as const,
      )
      .map(([, entry]) => entry),
  );
}

function digest(at: Reader, name: string): Sha256 {
  return isSha256(name) ? name : at.fail('a digest as its name');
}
