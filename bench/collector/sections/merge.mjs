// The speed of adding, encoding and decoding profiles, which a collector does for each upload and
// answer.
import { decodeProfile, encodeProfile, mergeProfiles } from '@perigee/profile';
import { addInto, ownCopy, readEncoded, seededRandom } from '@perigee/profile/analysis';
import { median, thousands } from '../../report/format.mjs';
import { deviceProfile, someCount } from '../devices.mjs';
import { normalReference } from '../fixture.mjs';

/** @typedef {import('../types.d.ts').MonitorContext} Context */
/** @typedef {Record<string, number>} Figures */

const PROFILES = 500;
/** Rounds that are not counted, because they include compilation. */
const WARM = 5;
const KEY = {
  model: 'credit',
  version: '1.3.0',
  reference: '0123456789abcdef',
  backend: 'wasm',
  browser: 'chromium',
  segment: '',
  sampling: 0,
  privacy: 0,
  group: 7,
  hour: 490_000,
};
/**
 * @param {Uint8Array} bytes
 * @param {number} start
 * @param {number} end
 */
const textOf = (bytes, start, end) =>
  Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString();

/**
 * Adds, decodes and encodes the profiles of 500 devices of one hour. The ways take turns.
 * @param {{ features: number, rounds: number, say: import('../../report/types.d.ts').Say }} options
 * @returns profiles per second of CPU for each way: the median of the rounds
 */
function measureMerge({ features, rounds, say }) {
  say(`${features} features`);
  const random = seededRandom(11);
  const reference = normalReference(random, features, 5_000);
  const profiles = Array.from({ length: PROFILES }, () =>
    deviceProfile(random, reference, KEY, someCount(random)),
  );
  const encoded = profiles.map((profile) => encodeProfile(profile));
  const [first, ...rest] = encoded;
  /** @type {Record<string, () => unknown>} */
  const ways = {
    'add encoded': () => {
      const sum = ownCopy(decodeProfile(first));
      for (const bytes of rest) readEncoded(bytes, textOf).addTo(sum);
      return sum;
    },
    'add into a sum': () => profiles.slice(1).reduce(addInto, ownCopy(profiles[0])),
    merge: () => profiles.reduce(mergeProfiles),
    decode: () => encoded.map((bytes) => decodeProfile(bytes)),
    encode: () => profiles.map((profile) => encodeProfile(profile)),
  };
  /** @type {Record<string, number[]>} */
  const times = Object.fromEntries(Object.keys(ways).map((name) => [name, []]));
  for (let round = 0; round < rounds + WARM; round += 1)
    for (const [name, way] of Object.entries(ways)) {
      const start = process.cpuUsage();
      way();
      const { user, system } = process.cpuUsage(start);
      if (round >= WARM) times[name].push((user + system) / PROFILES);
    }
  return Object.fromEntries(
    Object.entries(times).map(([name, list]) => [name, 1e6 / median(list)]),
  );
}

/** @type {import('../../report/types.d.ts').MonitorSection<Figures, Context>} */
export const merge = {
  name: 'merge',
  title: 'Adding profiles',
  note:
    'Profiles of 20 features from 500 devices of one hour. "Add encoded" sums stored rows ' +
    'for an answer, "add into a sum" sums uploads. Profiles per second of CPU, in one ' +
    'thread: medians of rounds that take turns.',
  run: ({ pick, say }) => measureMerge({ features: 20, rounds: pick(41, 11), say }),
  table: (figures) => [
    ['', 'profiles/s'],
    ...Object.entries(figures).map(([name, perSecond]) => [name, thousands(perSecond)]),
  ],
  goals: () => [],
};
