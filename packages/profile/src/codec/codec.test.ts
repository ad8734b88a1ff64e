import { seededRandom } from '../statistics/seeded-random.ts';
import { expect, test } from 'vitest';
import {
  buildReference,
  createCounters,
  decodeBatch,
  decodeFrame,
  decodeProfile,
  describeProfile,
  encodeBatch,
  encodeFrame,
  encodeProfile,
  ProfileError,
} from '../index.ts';
import type { Profile, ProfileKey } from '../index.ts';

const KEY: ProfileKey = {
  model: 'modèle',
  version: '1.0.0',
  reference: '0123456789abcdef',
  backend: 'webgpu',
  browser: 'chromium',
  segment: '',
  sampling: 0,
  privacy: 0,
  group: 15,
  hour: 500_000,
};
const reference = buildReference({
  features: [
    { name: 'size', kind: 'numeric', values: Array.from({ length: 64 }, (_, i) => i) },
    {
      name: 'colour',
      kind: 'categorical',
      values: ['red', 'green', ...Array.from({ length: 62 }, () => 'blue')],
    },
  ],
  output: { labels: ['yes', 'no'], predictions: [{ labelIndex: 0, score: 1 }] },
});

function sample(): Profile {
  const counters = createCounters(reference);
  for (let i = 0; i < 300; i += 1) {
    counters.observePrediction();
    counters.observeFeature(0, (i * 11) % 70);
    counters.observeFeature(1, i % 5 === 0 ? null : 'red');
    counters.observeOutput(i % 2, (i % 100) / 100);
    counters.observeLatency('inference', i / 10);
    if (i % 50 === 0) counters.observeGroundTruth(i % 2, 1);
    if (i % 60 === 0) counters.observeError(i % 120 === 0 ? 'TIMEOUT' : 'NETWORK');
  }
  return counters.snapshot(KEY);
}

const varint = (value: number): number[] => {
  const bytes = [];
  for (; value >= 128; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
  return [...bytes, value];
};
/**
 * The bytes of a profile before its features: format, six texts, sampling, privacy, group, hour,
 * devices, predictions, fallbacks, three counts of sessions, two of golden trials.
 */
const HEAD = [3, 1, 109, 1, 49, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0];
/**
 * The bytes after labels and scores: no values, six latency histograms of 96 zeros, confusion cells
 * (distance, count), no regression, no errors, no failed devices.
 */
const tail = (...cells: [distance: number, count: number][]): number[] => [
  0,
  ...Array.from({ length: 6 }, () => [96, 0, 95]).flat(),
  ...varint(cells.length),
  ...cells.flat().flatMap(varint),
  0,
  0,
  0,
];
const batchOf = (...profiles: number[][]): Uint8Array =>
  new Uint8Array([
    2,
    ...Array.from({ length: 16 }, () => 7),
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    ...varint(profiles.length),
    ...profiles.flatMap((bytes) => [...varint(bytes.length), ...bytes]),
  ]);

test('damaged bytes are refused, or are the only bytes of another profile', () => {
  const bytes = encodeProfile(sample());
  const next = seededRandom(21);
  let accepted = 0;
  for (let run = 0; run < 5_000; run += 1) {
    const damaged = bytes.slice(0, next() < 0.2 ? Math.floor(next() * bytes.length) : bytes.length);
    for (let flips = 0; flips < 1 + (run % 3); flips += 1)
      damaged[Math.floor(next() * damaged.length)]! ^= 1 << Math.floor(next() * 8);
    try {
      expect(encodeProfile(decodeProfile(damaged))).toEqual(damaged);
      accepted += 1;
    } catch (error) {
      if (!(error instanceof ProfileError)) throw error;
    }
  }
  // Most flips hit a count and give another valid count.
  expect(accepted).toBeGreaterThan(500);
});

test('every truncation of a profile, a batch and a frame is refused', () => {
  const profile = encodeProfile(sample());
  for (let length = 0; length < profile.length; length += 1)
    expect(() => decodeProfile(profile.subarray(0, length))).toThrow(ProfileError);
  const frame = encodeFrame({
    sentAtMs: 1,
    gzip: false,
    record: encodeBatch({ batchId: '0'.repeat(32), sealedAtMs: 1, lost: {}, profiles: [sample()] }),
  });
  for (let length = 0; length < frame.length; length += 1)
    expect(() => decodeBatch(decodeFrame(frame.subarray(0, length)).record)).toThrow(ProfileError);
});

test('random bytes are refused', () => {
  const next = seededRandom(5);
  for (let run = 0; run < 2_000; run += 1) {
    const bytes = Uint8Array.from({ length: Math.floor(next() * 400) }, () =>
      Math.floor(next() * 256),
    );
    bytes[0] = 2 + (run % 2);
    for (const decode of [decodeProfile, decodeBatch])
      expect(() => decode(bytes)).toThrow(ProfileError);
  }
});

test('a few bytes cannot claim gigabytes', () => {
  // 4,096 features of 4,096 bins, one count in each: 17 bytes claim 32 KiB.
  const feature = [...varint(4_096), 1, 0, ...varint(4_094), 0, 0, 0, 0];
  const wide = [
    ...HEAD,
    ...varint(4_096),
    ...Array.from({ length: 4_096 }, () => feature).flat(),
    0,
    0,
    ...tail(),
  ];
  expect(() => decodeProfile(new Uint8Array(wide))).toThrow(/more than 8388608 bins/);
  // A confusion matrix of a million cells, two of them used.
  const thousandLabels = [...HEAD, 0, ...varint(1_000), 0, ...varint(999), 100, 0, 99];
  expect(
    decodeProfile(new Uint8Array([...thousandLabels, ...tail([5, 1], [900_000, 2])])).confusion,
  ).toEqual(
    new Map([
      [5, 1],
      [900_006, 2],
    ]),
  );
  const claims = [...thousandLabels, ...tail().slice(0, 19), ...varint(1_000_001)];
  expect(() => decodeProfile(new Uint8Array(claims))).toThrow(/1000001 where at most 1000000/);
});

test('histograms of zeros share memory in a month of a model with a thousand labels', () => {
  const zeros = [...HEAD, 0, ...varint(1_000), 0, ...varint(999), 100, 0, 99, ...tail()];
  const { profiles } = decodeBatch(batchOf(...Array.from({ length: 200 }, () => zeros)));
  expect(profiles.length).toBe(200);
  expect(new Set(profiles.map(({ labels }) => labels.buffer)).size).toBe(1);
});

test.each([
  [
    'a longer number than needed',
    [...HEAD.slice(0, -1), 0x80, 0, 0, 0, 0, ...tail()],
    /written longer/,
  ],
  [
    'a number beyond 2^53',
    [...HEAD.slice(0, -1), 255, 255, 255, 255, 255, 255, 255, 127],
    /number of/,
  ],
  [
    'a number that does not end',
    [...HEAD.slice(0, -1), ...Array.from({ length: 20 }, () => 255)],
    /does not end/,
  ],
  [
    'two runs of zeros',
    [...HEAD, 1, 4, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, ...tail()],
    /two runs of zeros/,
  ],
  ['a run beyond the end', [...HEAD, 1, 4, 0, 9, 0, 0, 0, 0, 0, 0, ...tail()], /at most 3/],
  ['too many features', [...HEAD, ...varint(4_097)], /4097 where at most 4096/],
  ['labels without scores', [...HEAD, 0, 1, 5, 0, ...tail()], /0 score bins for 1 labels/],
  ['confusion cells without labels', [...HEAD, 0, 0, 0, ...tail([0, 4])], /1 where at most 0/],
  [
    'a confusion cell beyond the last',
    [...HEAD, 0, 1, 5, 100, 0, 99, ...tail([1, 4])],
    /1 where at most 0/,
  ],
  [
    'a confusion cell without a count',
    [...HEAD, 0, 1, 5, 100, 0, 99, ...tail([0, 0])],
    /without a count/,
  ],
  [
    'a code that is no code',
    [...HEAD, 0, 0, 0, ...tail().slice(0, -2), 1, 9, ...new TextEncoder().encode('__proto__'), 1],
    /error codes/,
  ],
  [
    'a code twice',
    [...HEAD, 0, 0, 0, ...tail().slice(0, -2), 2, 1, 65, 1, 1, 65, 1],
    /error codes/,
  ],
  [
    'sampling 21',
    [...HEAD.slice(0, 9), 21, ...HEAD.slice(10), 0, 0, 0, ...tail()],
    /21 where at most 20/,
  ],
  [
    'group 16',
    [...HEAD.slice(0, 11), 16, ...HEAD.slice(12), 0, 0, 0, ...tail()],
    /16 where at most 15/,
  ],
  ['text that is no UTF-8', [3, 1, 255], /not UTF-8/],
  ['text that is too long', [3, ...varint(257)], /257 where at most 256/],
  ['another format', [1], /format 1/],
  ['a byte too many', [...HEAD, 0, 0, 0, ...tail(), 0], /1 bytes too many/],
])('a profile with %s is refused', (_, bytes, message) => {
  expect(() => decodeProfile(new Uint8Array(bytes))).toThrow(message);
});

test('the smallest profile has exactly these bytes', () => {
  const bytes = new Uint8Array([...HEAD, 0, 0, 0, ...tail()]);
  expect(encodeProfile(decodeProfile(bytes))).toEqual(bytes);
});

test('a profile of an earlier SDK is read: a failed session is a failed device-hour', () => {
  // The same bytes in format 2, which has nothing after the error codes. Devices, sessions and
  // failed sessions are at 14, 17 and 19.
  const old = (devices: number, failed: number): Uint8Array => {
    const bytes = [...HEAD, 0, 0, 0, ...tail()].slice(0, -1);
    [bytes[0], bytes[13], bytes[16], bytes[18]] = [2, devices, failed, failed];
    return new Uint8Array(bytes);
  };
  expect(decodeProfile(old(1, 0))).toMatchObject({ devices: 1, failedDevices: 0 });
  expect(decodeProfile(old(1, 3))).toMatchObject({
    devices: 1,
    failedDevices: 1,
    sessions: { failed: 3 },
  });
  expect(decodeProfile(old(9, 3))).toMatchObject({ devices: 9, failedDevices: 3 });
  expect(decodeBatch(batchOf([...old(1, 3)])).profiles[0]).toMatchObject({ failedDevices: 1 });
  expect(() => decodeProfile(new Uint8Array([...old(1, 0), 0]))).toThrow(/1 bytes too many/);
});

test('a batch has bounds of its own for bytes, profiles and counts', () => {
  expect(() => decodeBatch(new Uint8Array(1024 * 1024 + 1))).toThrow(/at most 1048576 bytes/);
  const smallest = [...HEAD, 0, 0, 0, ...tail()];
  expect(decodeBatch(batchOf(...Array.from({ length: 256 }, () => smallest))).profiles.length).toBe(
    256,
  );
  expect(() => decodeBatch(batchOf(...Array.from({ length: 257 }, () => smallest)))).toThrow(
    /257 where at most 256/,
  );
  const batch = (predictions: number): Uint8Array =>
    encodeBatch({
      batchId: '0'.repeat(32),
      sealedAtMs: 1,
      lost: {},
      profiles: [{ ...sample(), predictions }],
    });
  expect(decodeBatch(batch(2 ** 32 - 1)).profiles[0]!.predictions).toBe(2 ** 32 - 1);
  expect(() => decodeBatch(batch(2 ** 32))).toThrow(/at most 4294967295/);
});

test('a profile that no decoder accepts is not encoded', () => {
  expect(() => encodeProfile({ ...sample(), key: { ...KEY, group: 16 } })).toThrow(
    /group of a profile is 0–15; got 16/,
  );
  expect(() => encodeProfile({ ...sample(), key: { ...KEY, model: 'é'.repeat(129) } })).toThrow(
    /at most 256 bytes; got 258/,
  );
  expect(() => encodeProfile({ ...sample(), key: { ...KEY, hour: -1 } })).toThrow(/whole number/);
  expect(() => encodeBatch({ batchId: 'xyz', sealedAtMs: 1, lost: {}, profiles: [] })).toThrow(
    /32 hex digits/,
  );
});

test('a described profile has the names of the reference and every count', () => {
  const profile = sample();
  const twin = describeProfile(profile, reference) as Record<string, never>;
  expect(twin).toMatchObject({
    model: 'modèle',
    hour: '2027-01-15T08:00:00.000Z',
    predictions: 300,
    errors: { NETWORK: 2, TIMEOUT: 3 },
    labels: { yes: 150, no: 150 },
    features: {
      size: { bins: [...profile.features[0]!.bins], above: 26 },
      colour: { missing: 60 },
    },
  });
  expect(JSON.parse(JSON.stringify(twin))).toEqual(twin);
});
