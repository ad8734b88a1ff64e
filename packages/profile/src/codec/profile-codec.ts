import { ProfileError } from '../error.ts';
import { MAX_TOTAL_BINS } from '../limits.ts';
import { createBounds } from '../parts/bounds.ts';
import type { Bounds } from '../parts/bounds.ts';
import { unreadable } from '../parts/faults.ts';
import { KEY_NUMBERS, KEY_TEXTS, readKey } from '../profile/key.ts';
import type { ProfileKey } from '../profile/key.ts';
import { COUNTS, FORMAT, OLDEST_FORMAT } from '../profile/layout.ts';
import type { Profile, ProfileCounts } from '../profile/layout.ts';
import { SCORE_BINS } from '../reference/reference-profile.ts';
import { createReader, createWriter } from './bytes.ts';
import type { Writer } from './bytes.ts';

/**
 * Encodes a profile. Equal profiles give equal bytes.
 * @throws ProfileError INVALID_INPUT for a key or count that no decoder accepts
 * @example
 * ```ts
 * const bytes = encodeProfile(counters.snapshot(key));
 * ```
 */
export function encodeProfile(profile: Profile): Uint8Array<ArrayBuffer> {
  const writer = createWriter();
  writer.byte(FORMAT);
  writeKey(writer, profile.key);
  COUNTS.write(writer, profile);
  return writer.finish();
}

/**
 * Decodes a profile.
 * @throws ProfileError WRONG_CONTENT unless the bytes are one complete, well-formed profile within
 * the bounds of limits.ts
 * @example
 * ```ts
 * const { key, predictions } = decodeProfile(bytes);
 * ```
 */
export function decodeProfile(bytes: Uint8Array): Profile {
  return readProfile(
    bytes,
    createBounds({ maxBins: MAX_TOTAL_BINS, maxCount: Number.MAX_SAFE_INTEGER }),
  );
}

/** Decodes one of several profiles that share bounds. */
export function readProfile(bytes: Uint8Array, bounds: Bounds): Profile {
  const reader = createReader(bytes, 'profile');
  const format = reader.byte();
  if (format < OLDEST_FORMAT || format > FORMAT)
    throw unreadable(`it has format ${format}, not ${OLDEST_FORMAT} or ${FORMAT}`);
  const key = readKey(reader.text, reader.varint);
  const counts = COUNTS.read({ format, reader, bounds }, {});
  checkScores(counts);
  reader.end();
  return { key, ...counts };
}

function writeKey(writer: Writer, key: ProfileKey): void {
  for (const name of KEY_TEXTS) writer.text(key[name]);
  for (const [name, max] of KEY_NUMBERS) {
    if (!(key[name] <= max))
      throw new ProfileError(
        'INVALID_INPUT',
        `The ${name} of a profile is 0–${max}; got ${key[name]}.`,
      );
    writer.varint(key[name]);
  }
}

function checkScores({ labels, scores }: ProfileCounts): void {
  if (scores.length !== (labels.length > 0 ? SCORE_BINS : 0))
    throw unreadable(`it has ${scores.length} score bins for ${labels.length} labels`);
}
