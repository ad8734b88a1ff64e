// Uploads that no device makes. Each is made from a good batch, so that only the forgery can be the
// reason of a refusal.
import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { encodeBatch, encodeFrame } from '@perigee/profile';

const DEVICES = 16;
/** @typedef {import('@perigee/profile').Profile} Profile */

/**
 * @param {Profile} profile
 * @param {(i: number) => Partial<Profile['key']>} change of the key of the i-th copy
 */
const everywhere = (profile, change) =>
  Array.from({ length: DEVICES }, (_, i) => ({
    ...profile,
    key: { ...profile.key, ...change(i) },
  }));

/**
 * Makes forged profiles from a good one, by name of the forgery.
 * @type {Readonly<Record<string, (one: Profile) => object[]>>}
 */
const FORGERIES = {
  'the whole fleet in one batch': (one) => everywhere(one, (group) => ({ group })),
  'every browser in one batch': (one) =>
    ['chromium', 'firefox', 'webkit'].map((browser) => ({ ...one, key: { ...one.key, browser } })),
  'one key again and again': (one) => Array.from({ length: DEVICES }, () => one),
  'a weight nobody declared': (one) => [{ ...one, key: { ...one.key, sampling: 20 } }],
  'several devices': (one) => [{ ...one, devices: 1_000 }],
  'true numbers of a classifier': (one) => [
    {
      ...one,
      regression: {
        count: 1e4,
        over: 0,
        under: 0,
        squaredError: 1.6e11,
        truth: 0,
        truthSquared: 0,
      },
    },
  ],
  'ground truth without predictions': (one) => [{ ...one, confusion: new Map([[0, 1e7]]) }],
  'fallbacks without sessions': (one) => [{ ...one, fallbacks: 1e7 }],
  'errors without calls': (one) => [
    { ...one, errors: Object.fromEntries(['A', 'B', 'C'].map((code) => [code, 1e7])) },
  ],
  'failures of all sessions there are': (one) => [
    { ...one, sessions: { started: 1e6, degraded: 0, failed: 1e6 } },
  ],
  'an hour of next month': (one) => [{ ...one, key: { ...one.key, hour: one.key.hour + 24 * 60 } }],
};

export const FORGED = Object.keys(FORGERIES);

/**
 * The bytes of an upload with the forgery of this name.
 * @param {string} name
 * @param {readonly Profile[]} profiles
 * @param {number} sentAtMs
 */
export function forgedUpload(name, profiles, sentAtMs) {
  const [one] = profiles;
  const forge = FORGERIES[name];
  if (!one || !forge) throw new Error(`Nothing to forge: ${name}`);
  const batch = {
    batchId: randomBytes(16).toString('hex'),
    sealedAtMs: sentAtMs,
    lost: {},
    profiles: /** @type {Profile[]} */ (forge(one)),
  };
  return encodeFrame({ sentAtMs, gzip: true, record: gzipSync(encodeBatch(batch)) });
}
