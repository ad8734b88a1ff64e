import { ProfileError } from '@perigee/profile';
import type { Profile, ProfileKey } from '@perigee/profile';
import { seededRandom } from '@perigee/profile/analysis';
import { expect, test } from 'vitest';
import {
  ALL,
  batch,
  EVERY,
  expectedSums,
  HOUR_MS,
  KEY,
  NOW_HOUR,
  profile,
  textOf,
} from './store.fixture.ts';
import type { StoreUnderTest } from './store.fixture.ts';
import type { Dimension } from './store.ts';
import { addCompared, comparedOf } from './compared.ts';
import { countsOf, COUNT_COLUMNS } from './totals.ts';

/** Sums, totals and timelines are exact. */
export function testSums({ kind, open }: StoreUnderTest): void {
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
      for (const version of new Set(sentOnce.map(({ key }) => key.version))) {
        for (const slice of [{}, { backend: 'wasm' }] as { backend?: string }[]) {
          const window = { fromHour: NOW_HOUR - 3, toHour: NOW_HOUR };
          const own = sentOnce.filter(
            ({ key }) =>
              key.model === 'm' &&
              key.version === version &&
              key.hour >= window.fromHour &&
              key.hour < window.toHour &&
              (slice.backend ?? key.backend) === key.backend,
          );
          expect(await store.compared({ model: 'm', version, ...window, ...slice })).toEqual(
            addCompared(own.map(comparedOf)),
          );
        }
      }
      const rows = await store.totals();
      const lastHours = new Map<string, number>();
      for (const { key } of sentOnce) {
        const id = JSON.stringify([key.model, key.version]);
        lastHours.set(id, Math.max(lastHours.get(id) ?? 0, key.hour));
      }
      expect(
        (await store.versions()).map(({ model, version, lastHour }) => [
          JSON.stringify([model, version]),
          lastHour,
        ]),
      ).toEqual([...lastHours].toSorted(([a], [b]) => (a < b ? -1 : 1)));
      for (const only of [{}, { version: '1.1.0' }] as { version?: string }[]) {
        const window = { model: 'm', fromHour: NOW_HOUR - 1, toHour: NOW_HOUR + 1, ...only };
        const predictions = new Map<string, number>();
        for (const { key, predictions: more } of sentOnce) {
          if (key.model !== 'm' || (only.version ?? key.version) !== key.version) continue;
          if (key.hour < window.fromHour) continue;
          const id = JSON.stringify([
            key.version,
            key.reference,
            key.sampling,
            key.group,
            key.hour,
          ]);
          predictions.set(id, (predictions.get(id) ?? 0) + more);
        }
        const found = (await store.predictions(window)).map(
          ({ version, reference, sampling, group, hour, predictions: all }) =>
            [JSON.stringify([version, reference, sampling, group, hour]), all] as const,
        );
        expect(new Map(found)).toEqual(predictions);
        expect(found).toHaveLength(predictions.size);
      }
      for (const [i, column] of COUNT_COLUMNS.entries()) {
        expect(rows.reduce((sum, row) => sum + row[column], 0)).toBe(
          sentOnce.reduce((sum, one) => sum + countsOf(one)[i]!, 0),
        );
      }
      expect(rows.reduce((sum, row) => sum + row.profiles, 0)).toBe(sentOnce.length);
      await store.close();
    }
  });

  test(`${kind}: windows are half-open, and version, backend, browser and segment select`, async () => {
    const store = await open('window');
    const at = (back: number, version: string, key: Partial<ProfileKey> = {}): Profile =>
      profile(seededRandom(3), {
        ...KEY,
        version,
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
    const key = { ...KEY, hour: NOW_HOUR };
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
    const of = (hour: number, devices: number, failedDevices: number): Profile => ({
      ...profile(seededRandom(13), { ...KEY, hour }),
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
    const most = Number.MAX_SAFE_INTEGER;
    const one = {
      ...profile(seededRandom(14), KEY),
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
    const { version } = KEY;
    expect(await store.compared({ model: 'm', version, ...ALL })).toMatchObject(
      [0, 1, 2, 3].map(() => ({ truths: 600, errorsOver: 300, squaredErrors: most })),
    );
    expect(await store.timeline({ model: 'm', ...ALL })).toHaveLength(2);
    await store.close();
  });
}
