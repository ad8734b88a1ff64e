import { encodeBatch } from '@perigee/profile';
import { seededRandom } from '@perigee/profile/analysis';
import { expect, test } from 'vitest';
import {
  ALL,
  batch,
  EVERY,
  expectedSums,
  KEY,
  NOW_HOUR,
  profile,
  textOf,
} from './store.fixture.ts';
import type { StoreUnderTest } from './store.fixture.ts';

/** Each batch counts once, and so do the losses that it reports. */
export function testBatches({ kind, open, reopen, refusesShapes }: StoreUnderTest): void {
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
      const [next, key] = [seededRandom(2), { ...KEY, hour: NOW_HOUR }];
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

  test(`${kind}: losses are added up by reason, once per batch`, async () => {
    const store = await open('losses');
    const one = batch([profile(seededRandom(4))], { refused: 2, stopped: 1 });
    await store.commit([one, batch([profile(seededRandom(6))], { refused: 3 })]);
    await store.commit([one]);
    expect(await store.losses(NOW_HOUR - 1, NOW_HOUR + 2)).toEqual({ refused: 5, stopped: 1 });
    expect(await store.losses(0, 1)).toEqual({});
    await store.close();
  });
}
