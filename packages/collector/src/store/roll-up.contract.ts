import { seededRandom } from '@perigee/profile/analysis';
import { expect, test } from 'vitest';
import { ALL, batch, expectedSums, HOUR_MS, NOW_HOUR, profile, textOf } from './store.fixture.ts';
import type { StoreUnderTest } from './store.fixture.ts';
import type { Dimension } from './store.ts';

/** A roll-up of old hours changes no sum. */
export function testRollUp({ kind, open }: StoreUnderTest): void {
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
