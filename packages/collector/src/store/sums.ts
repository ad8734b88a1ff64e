import { decodeProfile } from '@perigee/profile';
import type { Profile, ProfileKey } from '@perigee/profile';
import { ownCopy, readEncoded } from '@perigee/profile/analysis';

/** Adds up encoded profiles by key text. */
export interface Sums {
  add(
    encoded: Uint8Array,
    keyOf: (key: ProfileKey) => { readonly text: string; readonly key: ProfileKey },
  ): void;
  /** The sums, sorted by key text. */
  inOrder(): Profile[];
}

const textOf = (bytes: Uint8Array, start: number, end: number): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString();

export function createSums(): Sums {
  const sums = new Map<string, Profile>();
  return {
    add(encoded, keyOf) {
      const row = readEncoded(encoded, textOf);
      const { text, key } = keyOf(row.key);
      const sum = sums.get(text);
      if (sum) row.addTo(sum);
      else sums.set(text, { ...ownCopy(decodeProfile(encoded)), key });
    },
    inOrder: () => [...sums].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, profile]) => profile),
  };
}
