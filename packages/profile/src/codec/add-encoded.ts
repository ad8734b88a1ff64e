import { addCells, addErrors, capped, shape } from '../profile/merge.ts';
import type { Profile, ProfileKey } from '../profile/profile.ts';
import { decodeProfile } from './profile-codec.ts';

/** The same type with writable fields. */
type Growing<T> = { -readonly [K in keyof T]: T[K] };

const TEXTS = ['model', 'version', 'reference', 'backend', 'browser', 'segment'] as const;
const NUMBERS = ['sampling', 'privacy', 'group', 'hour'] as const;
const SESSIONS = ['started', 'degraded', 'failed'] as const;
const SUMS = ['over', 'under', 'squaredError', 'truth', 'truthSquared'] as const;
const FEATURE = ['missing', 'invalid', 'below', 'above'] as const;
const FORMAT = 3;

/**
 * An encoded profile whose key is decoded and whose counts are not. A store sums thousands of rows
 * per answer, so the counts go straight into a sum.
 */
export interface EncodedProfile {
  readonly key: ProfileKey;
  /**
   * Adds its counts to `sum` in place. The arrays of `sum` must not be shared.
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
export function readEncoded(
  bytes: Uint8Array,
  textOf: (bytes: Uint8Array, start: number, end: number) => string,
): EncodedProfile {
  let at = 1;
  const varint = (): number => {
    let byte = bytes[at++] ?? 0;
    if (byte < 0x80) return byte;
    let value = byte - 0x80;
    for (let scale = 0x80; ; scale *= 0x80) {
      byte = bytes[at++] ?? 0;
      if (byte < 0x80) return value + byte * scale;
      value += (byte - 0x80) * scale;
    }
  };
  const text = (): string => {
    const end = varint() + at;
    const start = at;
    at = end;
    return textOf(bytes, start, end);
  };
  if (bytes[0] !== FORMAT)
    throw new TypeError(`An encoded profile has format ${bytes[0]}; this version adds ${FORMAT}.`);
  const key = Object.fromEntries([
    ...TEXTS.map((name) => [name, text()]),
    ...NUMBERS.map((name) => [name, varint()]),
  ]) as unknown as ProfileKey;
  const counts = at;

  function addHistogram(sum: Float64Array, what: string): void {
    const length = varint();
    if (length !== sum.length) throw shape(what, sum.length, length);
    for (let i = 0; i < length;) {
      const count = varint();
      if (count === 0) i += 1 + varint();
      else {
        sum[i] = capped((sum[i] ?? 0) + count);
        i += 1;
      }
    }
  }

  function addTo(sum: Growing<Profile>): void {
    at = counts;
    for (const name of ['devices', 'predictions', 'fallbacks'] as const)
      sum[name] = capped(sum[name] + varint());
    sum.sessions = addedTo(sum.sessions, SESSIONS, varint);
    sum.golden = addedTo(sum.golden, ['passed', 'failed'], varint);
    const features = varint();
    if (features !== sum.features.length) throw shape('features', sum.features.length, features);
    for (const feature of sum.features as Growing<Profile['features'][number]>[]) {
      addHistogram(feature.bins, 'features');
      for (const name of FEATURE) feature[name] = capped(feature[name] + varint());
    }
    for (const [what, histogram] of [
      ['labels', sum.labels],
      ['scores', sum.scores],
      ['values', sum.values],
    ] as const)
      addHistogram(histogram, what);
    for (const histogram of sum.latency) addHistogram(histogram, 'latency');
    const cells = readCells();
    if (cells) sum.confusion = addCells(sum.confusion, cells);
    const truths = varint();
    if (truths > 0)
      sum.regression = {
        count: capped(sum.regression.count + truths),
        ...addedTo(sum.regression, SUMS, varint),
      };
    const errors = readErrors();
    if (errors) sum.errors = addErrors(sum.errors, errors);
    sum.failedDevices = capped(sum.failedDevices + varint());
  }

  function readCells(): Map<number, number> | undefined {
    const size = varint();
    if (size === 0) return undefined;
    const cells = new Map<number, number>();
    for (let [left, next] = [size, 0]; left > 0; left -= 1) {
      const cell = next + varint();
      cells.set(cell, varint());
      next = cell + 1;
    }
    return cells;
  }

  function readErrors(): Record<string, number> | undefined {
    const size = varint();
    return size === 0
      ? undefined
      : Object.fromEntries(Array.from({ length: size }, () => [text(), varint()]));
  }

  return { key, addTo, decode: () => decodeProfile(bytes) };
}

function addedTo<K extends string>(
  counts: Readonly<Record<K, number>>,
  names: readonly K[],
  next: () => number,
): Record<K, number> {
  const sum = {} as Record<K, number>;
  for (const name of names) sum[name] = capped(counts[name] + next());
  return sum;
}
