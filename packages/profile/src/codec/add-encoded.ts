import { readKey } from '../profile/key.ts';
import type { ProfileKey } from '../profile/key.ts';
import { COUNTS, FORMAT } from '../profile/layout.ts';
import type { Profile } from '../profile/layout.ts';
import { createCursor } from './encoded-input.ts';
import type { TextOf } from './encoded-input.ts';
import { decodeProfile } from './profile-codec.ts';

/**
 * An encoded profile whose key is decoded and whose counts are not. A store sums thousands of rows
 * per answer, so the counts go straight into a sum.
 */
export interface EncodedProfile {
  readonly key: ProfileKey;
  /**
   * Adds its counts to `sum` in place. The arrays and objects of `sum` must not be shared: start
   * with an `ownCopy()`.
   * @throws ProfileError INVALID_INPUT if the shapes differ; some of the counts may then have been
   * added
   */
  addTo(sum: Profile): void;
  decode(): Profile;
}

/**
 * Reads the key of an encoded profile and prepares to add its counts.
 * @param bytes from encodeProfile(), unchanged; they are not validated as an upload is
 * @param textOf decodes UTF-8 text at [start, end), so that callers can cache frequent texts
 * @throws TypeError for an encoding of another format
 * @example
 * ```ts
 * const encoded = readEncoded(bytes, (all, from, to) => decoder.decode(all.subarray(from, to)));
 * if (encoded.key.version === '1.2.0') encoded.addTo(sum);
 * ```
 */
export function readEncoded(bytes: Uint8Array, textOf: TextOf): EncodedProfile {
  if (bytes[0] !== FORMAT)
    throw new TypeError(`An encoded profile has format ${bytes[0]}; this version adds ${FORMAT}.`);
  const cursor = createCursor(bytes, 1, textOf);
  const key = readKey(cursor.text, cursor.varint);
  const counts = cursor.position();
  return {
    key,
    addTo(sum) {
      COUNTS.addEncoded(sum, createCursor(bytes, counts, textOf));
    },
    decode: () => decodeProfile(bytes),
  };
}
