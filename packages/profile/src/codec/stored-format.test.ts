import { expect, test } from 'vitest';
import { addInto, ownCopy, readEncoded } from '../analysis.ts';
import { decodeProfile, emptyProfile, encodeProfile, mergeProfiles } from '../index.ts';
import type { Profile, ProfileKey } from '../index.ts';

const KEY: ProfileKey = {
  model: 'modèle',
  version: '1.0.0',
  reference: '0123456789abcdef',
  backend: 'webgpu',
  browser: 'chromium',
  segment: 'new',
  sampling: 3,
  privacy: 10,
  group: 15,
  hour: 500_000,
};

/** Counts at the given places; all others are 0. */
function counted(length: number, counts: Readonly<Record<number, number>>): Float64Array {
  const histogram = new Float64Array(length);
  for (const [bin, count] of Object.entries(counts)) histogram[Number(bin)] = count;
  return histogram;
}

const CLASSIFIER: Profile = {
  ...emptyProfile(KEY),
  devices: 7,
  failedDevices: 2,
  predictions: 300,
  fallbacks: 1,
  sessions: { started: 9, degraded: 1, failed: 3 },
  golden: { passed: 5, failed: 4 },
  features: [
    { bins: counted(5, { 1: 200, 4: 70 }), missing: 6, invalid: 8, below: 10, above: 11 },
    { bins: counted(2, { 0: 2 ** 40 }), missing: 12, invalid: 0, below: 0, above: 0 },
  ],
  labels: counted(3, { 0: 13, 2: 287 }),
  scores: counted(100, { 50: 14, 99: 286 }),
  latency: [{ 95: 1 }, { 0: 2 }, { 3: 3, 4: 1 }, { 5: 300 }, {}, { 95: 6 }].map((counts) =>
    counted(96, counts),
  ),
  errors: { NETWORK: 2, OTHER: 1, TIMEOUT: 300 },
  confusion: new Map([
    [0, 15],
    [7, 16],
    [8, 2 ** 32],
  ]),
};

const REGRESSOR: Profile = {
  ...emptyProfile({ ...KEY, segment: '', sampling: 0, privacy: 0 }),
  predictions: Number.MAX_SAFE_INTEGER,
  values: counted(7, { 0: 1, 6: 2 }),
  regression: {
    count: 3,
    over: 500,
    under: 20,
    squaredError: 2 ** 48,
    truth: 700,
    truthSquared: 160_000,
  },
};

/**
 * Encoded by version 0.1.0. Devices and stores hold such bytes, so they must be read, and written,
 * in the same way.
 */
const STORED: readonly (readonly [string, Profile, string])[] = [
  [
    'labels',
    CLASSIFIER,
    'Awdtb2TDqGxlBTEuMC4wEDAxMjM0NTY3ODlhYmNkZWYGd2ViZ3B1CGNocm9taXVtA25ldwMKD6DCHgesAgEJAQMF' +
      'BAIFAADIAQABRgYICgsCgICAgIAgAAAMAAAAAw0AAJ8CZAAxDgAvngIAYABeAWACAF5gAAIDAQBaYAAErAIAWWAA' +
      'X2AAXgYDAA8GEACAgICAEAADB05FVFdPUksCBU9USEVSAQdUSU1FT1VUrAIC',
  ],
  [
    'numbers',
    REGRESSOR,
    'Awdtb2TDqGxlBTEuMC4wEDAxMjM0NTY3ODlhYmNkZWYGd2ViZ3B1CGNocm9taXVtAAAAD6DCHgH/////////DwAA' +
      'AAAAAAAAAAcBAAQCYABfYABfYABfYABfYABfYABfAAP0AxSAgICAgIBAvAWA4gkAAA==',
  ],
];

const textOf = (bytes: Uint8Array, start: number, end: number): string =>
  new TextDecoder().decode(bytes.subarray(start, end));

test.each(STORED)('a stored profile of %s is read and written as before', (_, profile, stored) => {
  const bytes = new Uint8Array(Buffer.from(stored, 'base64'));
  expect(decodeProfile(bytes)).toEqual(profile);
  expect(Buffer.from(encodeProfile(profile)).toString('base64')).toBe(stored);
});

test.each(STORED)('sums of a stored profile of %s are the same in all ways', (_, one, stored) => {
  const bytes = new Uint8Array(Buffer.from(stored, 'base64'));
  const sum = ownCopy(one);
  readEncoded(bytes, textOf).addTo(sum);
  expect(sum).toEqual(mergeProfiles(one, one));
  expect(addInto(ownCopy(one), one)).toEqual(mergeProfiles(one, one));
  expect(decodeProfile(bytes)).toEqual(one);
});
