import { gunzipSync, gzipSync } from 'node:zlib';
import {
  createCounters,
  decodeFrame,
  emptyProfile,
  encodeBatch,
  encodeFrame,
} from '@perigee/profile';
import type { Profile, ReferenceProfile } from '@perigee/profile';
import { seededRandom } from '@perigee/profile/analysis';

export const MODEL = 'wdbc';
/** Published without a reference. */
export const OTHER = 'other';
export const NOW_HOUR = Math.floor(Date.now() / 3_600_000);
const BOMB = gzipSync(Buffer.alloc(64 * 1024 * 1024), { level: 9 });

/** The reference of the published model. */
export interface Published {
  readonly reference: ReferenceProfile;
  readonly referenceId: string;
}

/** Random choices, and the model that uploads are about. */
export interface Chance {
  readonly reference: ReferenceProfile;
  readonly referenceId: string;
  readonly next: () => number;
  pick(n: number): number;
  one<T>(of: readonly T[]): T;
}

export function chance(seed: number, { reference, referenceId }: Published): Chance {
  const next = seededRandom(seed);
  const pick = (n: number): number => Math.floor(next() * n);
  return { reference, referenceId, next, pick, one: (of) => of[pick(of.length)]! };
}

export function goodProfile({ reference, referenceId, next, pick, one }: Chance): Profile {
  const counters = createCounters(reference);
  counters.observeSession();
  for (let i = 0; i <= pick(10); i += 1) {
    counters.observePrediction();
    for (let feature = 0; feature < reference.features.length; feature += 1)
      counters.observeFeature(feature, one([next() * 40, null, Number.NaN]));
    counters.observeOutput(pick(2), next());
    counters.observeLatency('total', next() * 100);
    if (next() < 0.2) counters.observeGroundTruth(pick(2), pick(2));
  }
  return counters.snapshot({
    model: MODEL,
    version: '1.0.0',
    reference: referenceId,
    backend: one(['wasm', 'webgpu']),
    browser: one(['chromium', 'firefox']),
    segment: '',
    sampling: 0,
    privacy: 0,
    group: pick(4),
    hour: NOW_HOUR - pick(20 * 24),
  });
}

export function plainBatch({ pick }: Chance, profiles: readonly Profile[], lost = {}): Uint8Array {
  const batchId = Array.from({ length: 32 }, () => pick(16).toString(16)).join('');
  return encodeBatch({ batchId, sealedAtMs: Date.now(), lost, profiles });
}

export const framed = (plain: Uint8Array, gzip = true): Uint8Array =>
  encodeFrame({ sentAtMs: Date.now(), gzip, record: gzip ? gzipSync(plain) : plain });
export const upload = (by: Chance, profiles: readonly Profile[], lost = {}): Uint8Array =>
  framed(plainBatch(by, profiles, lost), by.next() < 0.5);
const withKey = (profile: Profile, key: Partial<Profile['key']>): Profile => ({
  ...profile,
  key: { ...profile.key, ...key },
});

function flipped({ pick }: Chance, bytes: Uint8Array, from = 0): Uint8Array {
  const changed = bytes.slice();
  for (let flips = 1 + pick(3); flips > 0; flips -= 1)
    changed[from + pick(changed.length - from)]! ^= 1 << pick(8);
  return changed;
}

function spliced({ pick }: Chance, bytes: Uint8Array, piece: Uint8Array, from: number): Uint8Array {
  const at = from + pick(bytes.length - from);
  return new Uint8Array([...bytes.subarray(0, at), ...piece, ...bytes.subarray(at)]);
}

/**
 * Bytes of a batch's format, id, time and losses. Mutations start after them, so that ids stay
 * unique and only counts change.
 */
const HEAD_BYTES = 27;
export const zerosOf = (features: number, bins: number): Profile['features'] =>
  Array.from({ length: features }, () => ({
    bins: new Float64Array(bins),
    missing: 0,
    invalid: 0,
    below: 0,
    above: 0,
  }));

let zeros: Uint8Array | undefined;
/** Zero counts that take a gigabyte in memory. A third of a megabyte encoded, 2 KB compressed. */
export const gigabyteOfZeros = (by: Chance): Uint8Array =>
  (zeros ??= plainBatch(
    by,
    Array.from({ length: 8 }, () => ({ ...goodProfile(by), features: zerosOf(4_096, 4_096) })),
  ));

export const ATTACKS: Readonly<Record<string, (by: Chance) => Uint8Array>> = {
  'bits flipped in the counts': (by) =>
    framed(flipped(by, plainBatch(by, [goodProfile(by)]), HEAD_BYTES), by.next() < 0.5),
  'bits flipped on the way': (by) => flipped(by, upload(by, [goodProfile(by)])),
  'cut short': (by) => {
    const whole = upload(by, [goodProfile(by)]);
    return whole.subarray(0, 1 + by.pick(whole.length - 1));
  },
  'cut short before it was compressed': (by) => {
    const plain = plainBatch(by, [goodProfile(by)]);
    return framed(plain.subarray(0, by.pick(plain.length)));
  },
  'numbers that do not end': (by) =>
    framed(
      spliced(
        by,
        plainBatch(by, [goodProfile(by)]),
        new Uint8Array(1 + by.pick(12)).fill(255),
        HEAD_BYTES,
      ),
    ),
  'a bomb': () => encodeFrame({ sentAtMs: Date.now(), gzip: true, record: BOMB }),
  'a bomb behind a good batch': (by) =>
    framed(new Uint8Array([...plainBatch(by, [goodProfile(by)]), ...new Uint8Array(900_000)])),
  noise: (by) => Uint8Array.from({ length: 1 + by.pick(500) }, () => by.pick(256)),
  'noise in a frame': (by) =>
    framed(
      Uint8Array.from({ length: 1 + by.pick(500) }, () => by.pick(256)),
      by.next() < 0.5,
    ),
  'a thousand features of zeros': (by) =>
    upload(by, [{ ...goodProfile(by), features: zerosOf(1_000, 4_096) }]),
  'more zeros than there is room for': (by) => {
    const plain = gigabyteOfZeros(by);
    for (let i = 1; i < 17; i += 1) plain[i] = by.pick(256);
    return framed(plain);
  },
  'more predictions than a device makes': (by) =>
    upload(by, [
      {
        ...goodProfile(by),
        predictions: by.one([1e9 + 1, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER]),
      },
    ]),
  'fewer predictions than values': (by) => upload(by, [{ ...goodProfile(by), predictions: 0 }]),
  'counts of many devices': (by) =>
    upload(by, [{ ...goodProfile(by), devices: by.one([2, 3, 1e6]) }]),
  'more out of range than there are': (by) => {
    const good = goodProfile(by);
    return upload(by, [
      { ...good, features: good.features.map((feature) => ({ ...feature, below: 1e6 })) },
    ]);
  },
  'more failed sessions than sessions': (by) =>
    upload(by, [{ ...goodProfile(by), sessions: { started: 1, degraded: 0, failed: 1_000 } }]),
  'sums that contradict each other': (by) =>
    upload(by, [
      {
        ...goodProfile(by),
        regression: { count: 2, over: 1e6, under: 0, squaredError: 1, truth: 0, truthSquared: 0 },
      },
    ]),
  'errors without end': (by) =>
    upload(by, [{ ...goodProfile(by), errors: { TIMEOUT: 2 ** 32 - 1 } }]),
  'losses without end': (by) =>
    upload(by, [goodProfile(by)], { refused: by.one([1, 2 ** 32 - 1]) }),
  "another model's reference": (by) =>
    upload(by, [
      withKey(goodProfile(by), { model: OTHER, reference: by.one(['', by.referenceId]) }),
    ]),
  'a reference nobody made': (by) =>
    upload(by, [
      withKey(goodProfile(by), {
        reference: by.one(['', 'f'.repeat(16), by.referenceId.toUpperCase()]),
      }),
    ]),
  'a model nobody published': (by) =>
    upload(by, [
      withKey(goodProfile(by), {
        model: by.one([
          'nobody',
          '',
          '__proto__',
          '../wdbc',
          'wdbc\u0000',
          '\u001B[2Jwdbc',
          'wdbc\r\nx: y',
          '‮wdbc',
          '"><script>',
          "wdbc' OR 1=1 --",
          '😀'.repeat(60),
        ]),
      }),
    ]),
  'a version nobody published': (by) =>
    upload(by, [
      withKey(goodProfile(by), { version: by.one(['9.9.9', 'constructor', '1.0.0 ', '\u0007']) }),
    ]),
  'a made-up backend': (by) =>
    upload(by, [
      withKey(goodProfile(by), {
        backend: by.one(['<img src=x>', '', 'WASM', 'a'.repeat(33), 'wasm\n', 'npu']),
      }),
    ]),
  'a made-up browser': (by) =>
    upload(by, [
      withKey(goodProfile(by), { browser: by.one(['netscape', '', 'Chromium', '\u0000']) }),
    ]),
  'a made-up segment': (by) =>
    upload(by, [withKey(goodProfile(by), { segment: by.one(['vip', ' ', '\u0000', 'toString']) })]),
  'a clock ahead': (by) =>
    upload(by, [
      withKey(goodProfile(by), {
        hour: by.one([NOW_HOUR + 20, NOW_HOUR + 30, NOW_HOUR + 5_000, 10_000_000]),
      }),
    ]),
  'a clock behind': (by) =>
    upload(by, [
      withKey(goodProfile(by), {
        hour: by.one([NOW_HOUR - 740, NOW_HOUR - 750, NOW_HOUR - 10_000, 0]),
      }),
    ]),
  'one good profile, one bad': (by) =>
    upload(by, [goodProfile(by), withKey(goodProfile(by), { hour: 0 })]),
  'one profile many times': (by) => {
    const good = goodProfile(by);
    return upload(
      by,
      Array.from({ length: 2 + by.pick(5) }, () => good),
    );
  },
  'as many profiles as there may be': (by) => {
    const good = goodProfile(by);
    return upload(
      by,
      Array.from({ length: 256 }, (_, i) => withKey(good, { hour: NOW_HOUR - i })),
    );
  },
  'the whole fleet in one batch': (by) => {
    const good = goodProfile(by);
    return upload(
      by,
      Array.from({ length: 16 }, (_, group) => withKey(good, { group })),
    );
  },
  'one profile too many': (by) => {
    const empty = emptyProfile(goodProfile(by).key);
    return upload(
      by,
      Array.from({ length: 257 }, () => empty),
    );
  },
  'no profile': (by) => upload(by, []),
  'another sampling': (by) => upload(by, [withKey(goodProfile(by), { sampling: 1 + by.pick(20) })]),
  'another privacy': (by) => upload(by, [withKey(goodProfile(by), { privacy: by.pick(201) })]),
};

/** A valid batch under the id of another upload. */
export function underTheIdOf(by: Chance, body: Uint8Array): Uint8Array {
  const plain = plainBatch(by, [goodProfile(by)]);
  try {
    const { gzip, record } = decodeFrame(body);
    plain.set(
      (gzip ? new Uint8Array(gunzipSync(record, { maxOutputLength: 1e6 })) : record).subarray(
        1,
        17,
      ),
      1,
    );
  } catch {
    // The other upload has no id, so this is just another valid batch.
  }
  return framed(plain);
}
