import { decodeProfile, keyText } from '@perigee/profile';
import type { Profile, ProfileKey } from '@perigee/profile';
import { addInto, ownCopy, readEncoded } from '@perigee/profile/analysis';
import { reducedKey } from './store.ts';
import type { Dimension } from './store.ts';

/** Adds up profiles by key. */
export interface Sums {
  /** Adds an encoded profile. */
  add(encoded: Uint8Array): void;
  /** Adds a profile, which is not changed. It may itself be one of the sums, if it is the only one. */
  addDecoded(profile: Profile): void;
  /** The sums, sorted by key text. */
  inOrder(): Profile[];
}

const textOf = (bytes: Uint8Array, start: number, end: number): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString();

/** Sums by the dimensions that `reducedKey` keeps. */
export function createSums(by: readonly Dimension[], fromHour: number): Sums {
  /** `isOwn`: its counts are not shared, so they can be added to. */
  const sums = new Map<string, { profile: Profile; isOwn: boolean }>();
  const idOf = idFor(by);
  return {
    add(encoded) {
      const row = readEncoded(encoded, textOf);
      const id = idOf(row.key);
      const sum = sums.get(id);
      if (sum) row.addTo(sum.profile);
      else {
        const profile = ownCopy(decodeProfile(encoded));
        const key = reducedKey(row.key, by, fromHour);
        sums.set(id, { profile: { ...profile, key }, isOwn: true });
      }
    },
    addDecoded(profile) {
      const id = idOf(profile.key);
      const sum = sums.get(id);
      if (!sum) {
        const key = reducedKey(profile.key, by, fromHour);
        sums.set(id, { profile: { ...profile, key }, isOwn: false });
        return;
      }
      if (!sum.isOwn) [sum.profile, sum.isOwn] = [ownCopy(sum.profile), true];
      addInto(sum.profile, profile);
    },
    inOrder: () =>
      Array.from(sums.values(), ({ profile }) => ({ sum: profile, text: keyText(profile.key) }))
        .toSorted((a, b) => (a.text < b.text ? -1 : 1))
        .map(({ sum }) => sum),
  };
}

/**
 * A text for the reduced key. It is made for each of many thousand rows, so it is cheaper than
 * `keyText(reducedKey(key))`. Two texts are equal if and only if the reduced keys are, in one model.
 */
function idFor(by: readonly Dimension[]): (key: ProfileKey) => string {
  const [backend, browser, segment, group, hour] = (
    ['backend', 'browser', 'segment', 'group', 'hour'] as const
  ).map((name) => by.includes(name));
  return (key) => {
    const { version, reference, sampling, privacy } = key;
    // A text of a key may hold any character, so its length is written before it.
    let id = `${sampling} ${privacy} ${version.length} ${version}${reference.length} ${reference}`;
    if (group) id += ` ${key.group}`;
    if (hour) id += ` ${key.hour}`;
    if (backend) id += ` ${key.backend.length} ${key.backend}`;
    if (browser) id += ` ${key.browser.length} ${key.browser}`;
    if (segment) id += ` ${key.segment}`;
    return id;
  };
}
