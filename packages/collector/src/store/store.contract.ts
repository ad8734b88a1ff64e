import { seededRandom } from '@perigee/profile/analysis';
import {
  addProfiles,
  buildReference,
  createCounters,
  encodeBatch,
  encodeProfile,
  keyText,
  ProfileError,
} from '@perigee/profile';
import type { Losses, Profile, ProfileKey } from '@perigee/profile';
import { expect, test } from 'vitest';
import { countsOf, COUNT_COLUMNS } from './totals.ts';
import { reducedKey } from './store.ts';
import type { CollectorStore, Dimension, Upload } from './store.ts';

const reference = buildReference({
  features: [
    { name: 'x', kind: 'numeric', values: Array.from({ length: 100 }, (_, i) => i) },
    {
      name: 'colour',
      kind: 'categorical',
      values: Array.from({ length: 100 }, (_, i) => ['red', 'green', 'blue'][i % 3]!),
    },
  ],
  output: {
    labels: ['a', 'b'],
    predictions: Array.from({ length: 100 }, (_, i) => ({ labelIndex: i % 2, score: 1 })),
  },
});
const HOUR_MS = 3_600_000;
/** Commits for this hour are not rolled up yet. */
const NOW_HOUR = Math.floor(Date.now() / HOUR_MS);

function profile(next: () => number, key: Partial<ProfileKey> = {}): Profile {
  const counters = createCounters(reference);
  counters.observeSession();
  if (next() < 0.3) counters.observeGolden(next() < 0.8);
  for (let i = 0; i < 1 + Math.floor(next() * 20); i += 1) {
    counters.observePrediction();
    counters.observeFeature(0, next() < 0.1 ? null : next() * 120 - 10);
    counters.observeFeature(1, ['red', 'green', 'violet'][Math.floor(next() * 3)]);
    counters.observeOutput(Math.floor(next() * 2), next());
    counters.observeLatency('total', next() * 100);
    if (next() < 0.2) counters.observeError(next() < 0.5 ? 'TIMEOUT' : 'OUT_OF_MEMORY');
    if (next() < 0.2) counters.observeGroundTruth(Math.floor(next() * 2), Math.floor(next() * 2));
    if (next() < 0.05) counters.observeFallback();
  }
  const pick = (n: number): number => Math.floor(next() * n);
  const counted = counters.snapshot({
    model: ['m', 'n'][pick(2)]!,
    version: ['1.0.0', '1.1.0'][pick(2)]!,
    reference: 'r',
    backend: ['wasm', 'webgpu'][pick(2)]!,
    browser: ['chromium', 'firefox'][pick(2)]!,
    segment: ['', 'beta'][pick(2)]!,
    sampling: pick(2),
    privacy: 0,
    group: pick(3),
    hour: NOW_HOUR - pick(3),
    ...key,
  });
  // Half of the profiles are not the first that their device sends for the hour.
  return next() < 0.5 ? counted : { ...counted, devices: 0, failedDevices: 0 };
}

let ids = 0;
/**
 * Every other batch has its original bytes, like an upload; the others have none, like batches made
 * by the collector.
 */
function batch(profiles: readonly Profile[], lost: Losses = {}): Upload {
  const one = {
    batchId: `${process.pid.toString(16)}${(++ids).toString(16).padStart(24, '0')}`.padStart(
      32,
      '0',
    ),
    sealedAtMs: 1,
    lost,
    profiles,
  };
  return ids % 2 === 0 ? one : { ...one, record: encodeBatch(one) };
}

/** Comparable text, equal only if every count is equal. */
const textOf = (profiles: Iterable<Profile>): string[] =>
  Array.from(profiles, (one) => Buffer.from(encodeProfile(one)).toString('hex')).toSorted();

/** The expected sums, added one by one. */
function expectedSums(
  profiles: readonly Profile[],
  by: readonly Dimension[],
  fromHour: number,
): string[] {
  const sums = new Map<string, Profile>();
  for (const one of profiles) {
    const key = reducedKey(one.key, by, fromHour);
    const known = sums.get(keyText(key));
    sums.set(keyText(key), known ? addProfiles(known, one) : { ...one, key });
  }
  return textOf(sums.values());
}

const ALL = { fromHour: 0, toHour: NOW_HOUR + 2 };
const EVERY: readonly Dimension[] = ['backend', 'browser', 'segment', 'group', 'hour'];

/**
 * The contract of every collector store: exact sums, and each batch counted once.
 * @param open opens a store; the same name gives the same data
 * @param refusesShapes true if commit refuses wrong shapes; other stores leave them out of sums
 * @param reopen opens the data as a crash leaves it
 */
export function testCollectorStore(
  kind: string,
  open: (name: string) => Promise<CollectorStore>,
  { refusesShapes = true, reopen = open } = {},
): void {
  test(`${kind}: random batches, some repeated and regrouped, sum to exact counts`, async () => {
    const next = seededRandom(5);
    for (let run = 0; run < 3; run += 1) {
      const store = await open(`sum-${run}`);
      const batches = Array.from({ length: 30 }, () =>
        batch(Array.from({ length: 1 + Math.floor(next() * 3) }, () => profile(next))),
      );
      const sent = [...batches, ...batches.filter(() => next() < 0.5)]
        .map((one) => ({ one, order: next() }))
        .toSorted((a, b) => a.order - b.order)
        .map(({ one }) => one);
      const seen = new Set<string>();
      for (let i = 0; i < sent.length;) {
        const group = sent.slice(i, (i += 1 + Math.floor(next() * 6)));
        const fresh = await store.commit(group);
        for (const [j, one] of group.entries()) {
          expect(fresh[j]).toBe(!seen.has(one.batchId));
          seen.add(one.batchId);
        }
      }
      const sentOnce = batches.flatMap(({ profiles }) => profiles);
      for (const by of [
        EVERY,
        [],
        ['backend'],
        ['group', 'hour'],
        ['segment', 'browser'],
      ] as Dimension[][]) {
        for (const model of ['m', 'n']) {
          expect(textOf(await store.sums({ model, ...ALL }, by))).toEqual(
            expectedSums(
              sentOnce.filter(({ key }) => key.model === model),
              by,
              0,
            ),
          );
        }
      }
      const rows = await store.totals();
      for (const [i, column] of COUNT_COLUMNS.entries()) {
        expect(rows.reduce((sum, row) => sum + row[column], 0)).toBe(
          sentOnce.reduce((sum, one) => sum + countsOf(one)[i]!, 0),
        );
      }
      expect(rows.reduce((sum, row) => sum + row.profiles, 0)).toBe(sentOnce.length);
      await store.close();
    }
  });

  test(`${kind}: committed batches are stored after reopening, and their repeats are recognised`, async () => {
    const next = seededRandom(1);
    const uploads = Array.from({ length: 6 }, () => batch([profile(next)]));
    const before = await open('reopen');
    for (const one of uploads) expect(await before.commit([one])).toEqual([true]);
    // No close(), as after a crash.
    const after = await reopen('reopen');
    for (const one of uploads) expect(await after.commit([one])).toEqual([false]);
    for (const model of ['m', 'n'])
      expect(textOf(await after.sums({ model, ...ALL }, EVERY))).toEqual(
        expectedSums(
          uploads.flatMap(({ profiles }) => profiles).filter(({ key }) => key.model === model),
          EVERY,
          0,
        ),
      );
    await after.close();
    await before.close();
  });

  test.skipIf(!refusesShapes)(
    `${kind}: a commit that cannot be added changes nothing on disk or in memory`,
    async () => {
      const store = await open('atomic');
      const [next, key] = [
        seededRandom(2),
        {
          model: 'm',
          version: '1.0.0',
          backend: 'wasm',
          browser: 'chromium',
          segment: '',
          sampling: 0,
          group: 0,
          hour: NOW_HOUR,
        },
      ];
      const good = [profile(next, key), profile(next, key), profile(next, key)] as const;
      const misshapen = profile(next, key);
      for (const one of good.slice(0, 2)) await store.commit([batch([one])]);
      for (const withRecord of [true, false]) {
        const other = { ...batch([good[2]]) };
        const wrong = batch([{ ...misshapen, features: misshapen.features.slice(1) }]);
        await expect(
          store.commit(
            withRecord ? [other, { ...wrong, record: encodeBatch(wrong) }] : [other, wrong],
          ),
        ).rejects.toThrow('features');
      }
      expect(textOf(await store.sums({ model: 'm', ...ALL }, EVERY))).toEqual(
        expectedSums(good.slice(0, 2), EVERY, 0),
      );
      expect(await store.commit([batch([good[2]])])).toEqual([true]);
      expect(textOf(await store.sums({ model: 'm', ...ALL }, EVERY))).toEqual(
        expectedSums(good, EVERY, 0),
      );
      await store.close();
    },
  );

  test(`${kind}: a batch is stored from its commit on`, async () => {
    const store = await open('is-stored');
    const one = batch([profile(seededRandom(9))]);
    expect(await store.isStored(one.batchId)).toBe(false);
    await store.commit([one]);
    expect(await store.isStored(one.batchId)).toBe(true);
    await store.close();
  });

  test(`${kind}: the same batch twice in one commit counts once`, async () => {
    const store = await open('twice');
    const one = batch([profile(seededRandom(9))]);
    expect(await store.commit([one, one])).toEqual([true, false]);
    expect((await store.totals()).reduce((sum, row) => sum + row.profiles, 0)).toBe(1);
    await store.close();
  });

  test(`${kind}: windows are half-open, and version, backend, browser and segment select`, async () => {
    const store = await open('window');
    const at = (back: number, version: string, key: Partial<ProfileKey> = {}): Profile =>
      profile(seededRandom(3), {
        model: 'm',
        version,
        backend: 'wasm',
        browser: 'chromium',
        segment: '',
        sampling: 0,
        group: 0,
        hour: NOW_HOUR - back,
        ...key,
      });
    await store.commit([
      batch([
        at(3, '1.0.0'),
        at(2, '1.0.0'),
        at(2, '1.1.0', { browser: 'firefox' }),
        at(1, '1.0.0', { segment: 'beta', backend: 'webgpu' }),
      ]),
    ]);
    const window = { model: 'm', fromHour: NOW_HOUR - 3, toHour: NOW_HOUR - 1 };
    expect(
      (await store.timeline(window)).map(({ hour, version }) => `${NOW_HOUR - hour} ${version}`),
    ).toEqual(['3 1.0.0', '2 1.0.0', '2 1.1.0']);
    expect(await store.sums({ ...window, version: '1.1.0' }, [])).toHaveLength(1);
    expect(await store.sums({ model: 'other', ...ALL }, [])).toEqual([]);
    const hours = async (query: object): Promise<number[]> =>
      (await store.sums({ model: 'm', ...ALL, ...query }, ['hour']))
        .map(({ key }) => NOW_HOUR - key.hour)
        .toSorted();
    expect(await hours({ browser: 'firefox' })).toEqual([2]);
    expect(await hours({ backend: 'webgpu' })).toEqual([1]);
    expect(await hours({ segment: '' })).toEqual([2, 2, 3]);
    await store.close();
  });

  test(`${kind}: a profile of another shape does not change the sums of its key`, async () => {
    const store = await open('shape');
    const key = {
      model: 'm',
      version: '1.0.0',
      backend: 'wasm',
      browser: 'chromium',
      segment: '',
      sampling: 0,
      group: 0,
      hour: NOW_HOUR,
    } as const;
    const right = [profile(seededRandom(11), key), profile(seededRandom(12), key)];
    await store.commit(right.map((one) => batch([one])));
    // A store may refuse it or leave it out of sums.
    const odd = { ...right[0]!, features: right[0]!.features.slice(1) };
    await store
      .commit([batch([odd])])
      .catch((error: unknown) => expect(error).toBeInstanceOf(ProfileError));
    expect(textOf(await store.sums({ model: 'm', ...ALL }, []))).toEqual(
      expectedSums(right, [], 0),
    );
    await store.close();
  });

  test(`${kind}: the newest hour is that of any model, and an empty store has none`, async () => {
    const store = await open('newest-hour');
    expect(await store.newestHour()).toBeUndefined();
    for (const [model, back] of [
      ['m', 1],
      ['n', 2],
      ['a', 3],
    ] as const) {
      await store.commit([batch([profile(seededRandom(15), { model, hour: NOW_HOUR - back })])]);
      expect(await store.newestHour()).toBe(NOW_HOUR - 1);
    }
    await store.close();
  });

  test(`${kind}: device-hours, and those with a failed session, add up in sums, totals and hours`, async () => {
    const store = await open('device-hours');
    const key = {
      model: 'm',
      version: '1.0.0',
      backend: 'wasm',
      browser: 'chromium',
      segment: '',
      sampling: 0,
      group: 0,
    } as const;
    const of = (hour: number, devices: number, failedDevices: number): Profile => ({
      ...profile(seededRandom(13), { ...key, hour }),
      devices,
      failedDevices,
    });
    const now = [of(NOW_HOUR, 1, 0), of(NOW_HOUR, 0, 1), of(NOW_HOUR, 0, 0), of(NOW_HOUR, 1, 1)];
    for (const one of [...now, of(NOW_HOUR - 1, 1, 0)]) await store.commit([batch([one])]);
    const counts = ({
      devices,
      failedDevices,
    }: {
      readonly devices: number;
      readonly failedDevices: number;
    }): number[] => [devices, failedDevices];
    expect((await store.totals()).map(counts)).toEqual([[3, 2]]);
    expect((await store.sums({ model: 'm', ...ALL }, [])).map(counts)).toEqual([[3, 2]]);
    expect((await store.timeline({ model: 'm', ...ALL })).map(counts)).toEqual([
      [1, 0],
      [2, 2],
    ]);
    await store.close();
  });

  test(`${kind}: sums of squares are capped at 2^53 - 1, and no other count changes`, async () => {
    const store = await open('squares');
    const key = {
      model: 'm',
      version: '1.0.0',
      backend: 'wasm',
      browser: 'chromium',
      segment: '',
      sampling: 0,
      group: 0,
    } as const;
    const most = Number.MAX_SAFE_INTEGER;
    const one = {
      ...profile(seededRandom(14), key),
      regression: {
        count: 2,
        over: 1,
        under: 1,
        squaredError: most,
        truth: 4,
        truthSquared: 2 ** 42,
      },
    };
    // The total exceeds 64 bits; half of it is in an hour that is rolled up.
    const hours = [NOW_HOUR, NOW_HOUR - 300];
    const all = hours.flatMap((hour) =>
      Array.from({ length: 600 }, (_, i) => ({ ...one, key: { ...one.key, hour, group: i % 2 } })),
    );
    await store.commit([batch(all)]);
    await store.maintain(NOW_HOUR * HOUR_MS);
    const [sum] = await store.sums({ model: 'm', ...ALL }, []);
    expect(sum).toMatchObject({
      predictions: 1_200 * one.predictions,
      regression: {
        count: 2_400,
        over: 1_200,
        squaredError: most,
        truth: 4_800,
        truthSquared: 1_200 * 2 ** 42,
      },
    });
    expect((await store.totals())[0]).toMatchObject({
      predictions: 1_200 * one.predictions,
      profiles: 1_200,
    });
    expect(await store.timeline({ model: 'm', ...ALL })).toHaveLength(2);
    await store.close();
  });

  test(`${kind}: losses are added up by reason, once per batch`, async () => {
    const store = await open('losses');
    const one = batch([profile(seededRandom(4))], { refused: 2, stopped: 1 });
    await store.commit([one, batch([profile(seededRandom(6))], { refused: 3 })]);
    await store.commit([one]);
    expect(await store.losses(NOW_HOUR - 1, NOW_HOUR + 2)).toEqual({ refused: 5, stopped: 1 });
    expect(await store.losses(0, 1)).toEqual({});
    await store.close();
  });

  test(`${kind}: documents are replaced by id and listed newest first`, async () => {
    const store = await open('documents');
    await store.put('alert', 'a', { n: 1 }, 1_000);
    await store.put('alert', 'b', { n: 2, text: 'ü"\\' }, 3_000);
    await store.put('other', 'a', {}, 9_000);
    await store.put('alert', 'a', { n: 3 }, 2_000);
    expect(await store.list('alert', 10)).toEqual([
      { id: 'b', atMs: 3_000, body: { n: 2, text: 'ü"\\' } },
      { id: 'a', atMs: 2_000, body: { n: 3 } },
    ]);
    expect(await store.list('alert', 1)).toHaveLength(1);
    await store.close();
  });

  test(`${kind}: a roll-up changes no sum, deletes old data and accepts late profiles`, async () => {
    const store = await open('roll');
    const next = seededRandom(8);
    const profiles = [0, 1, 25, 200, 240, 247, 300].map((back) =>
      profile(next, { model: 'm', version: '1.0.0', backend: 'wasm', hour: NOW_HOUR - back }),
    );
    const batches = profiles.map((one) => batch([one]));
    await store.commit(batches);
    const sums = async (by: Dimension[]): Promise<string[]> =>
      textOf(await store.sums({ model: 'm', ...ALL }, by));
    const before = [await sums([]), await sums(['group', 'browser'])];
    const nowMs = NOW_HOUR * HOUR_MS;
    await store.maintain(nowMs);
    await store.maintain(nowMs);
    expect([await sums([]), await sums(['group', 'browser'])]).toEqual(before);
    const hours = (await store.timeline({ model: 'm', ...ALL })).map(({ hour }) => hour);
    expect(hours.filter((hour) => NOW_HOUR - hour > 216).every((hour) => hour % 24 === 0)).toBe(
      true,
    );
    // The ids are still known. A late profile is added to its day.
    expect(await store.commit(batches)).toEqual(batches.map(() => false));
    const late = profile(next, {
      model: 'm',
      version: '1.0.0',
      backend: 'wasm',
      hour: NOW_HOUR - 241,
    });
    await store.commit([batch([late])]);
    expect(await sums([])).toEqual(expectedSums([...profiles, late], [], 0));
    await store.maintain(nowMs, { hourDays: 1, dayDays: 2, keepDays: 5, batchIdDays: 35 });
    expect(await sums([])).toEqual(expectedSums(profiles.slice(0, 3), [], 0));
    await store.close();
  });
}
