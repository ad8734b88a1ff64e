import { isSha256 } from '../chunks/hash.ts';
import { LIMITS } from '../manifest/limits.ts';
import type { Sha256 } from '../manifest/manifest.ts';
import { reader } from '../manifest/reader.ts';
import type { Reader } from '../manifest/reader.ts';
import { parseJson } from '../manifest/safe-json.ts';

/** Which chunks of a version can be made of which others: new digest → base digest → bytes of the delta. Unsigned: it only says what to try. */
export type DeltaIndex = ReadonlyMap<Sha256, ReadonlyMap<Sha256, number>>;

export function encodeDeltaIndex(index: DeltaIndex): Uint8Array {
  const deltas = Object.fromEntries([...index].map(([to, bases]) => [to, Object.fromEntries(bases)]));
  return new TextEncoder().encode(`${JSON.stringify({ schema: 'perigee-deltas/1', deltas })}\n`);
}

/** @throws RegistryError INVALID_MANIFEST */
export function parseDeltaIndex(bytes: Uint8Array): DeltaIndex {
  const root = reader(parseJson(bytes, 'delta index', LIMITS.manifestBytes));
  root.field('schema').oneOf(['perigee-deltas/1']);
  return new Map(root.field('deltas').entries(LIMITS.chunksPerVariant, (bases, to) => [digest(bases, to), new Map(bases.entries(LIMITS.deltaBases, (size, from) => [digest(size, from), size.integer(1, LIMITS.chunkBytes)] as const).map(([, entry]) => entry))] as const).map(([, entry]) => entry));
}

function digest(at: Reader, name: string): Sha256 {
  return isSha256(name) ? name : at.fail('a digest as its name');
}
