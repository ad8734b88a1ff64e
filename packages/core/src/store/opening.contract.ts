import { expect, test } from 'vitest';
import { object, record, target } from './store.fixture.ts';
import type { StoreUnderTest } from './store.fixture.ts';
import { beginTrial, endAllTrials, endTrial } from '../updater/trial-marks.ts';

/** Stores beside each other, closed ones, and those that are opened again. */
export function testOpening({ kind, open, fresh }: StoreUnderTest): void {
  test(`${kind}: stores of different names are independent`, async () => {
    const [a, b] = [await open(fresh()), await open(fresh())];
    const { sha256, bytes } = await object(8, 1);
    await a.putObjects([{ sha256, bytes }]);
    await a.putValue('key', 1);
    await a.putVersion(record('1.0.0'));
    expect([
      await b.missingObjects([sha256]),
      await b.getValue('key'),
      await b.listVersions(),
    ]).toEqual([[sha256], undefined, []]);
    await a.close();
    await b.close();
  });

  test(`${kind}: after close every call rejects with STORAGE`, async () => {
    const store = await open(fresh());
    await store.close();
    await expect(store.getValue('key')).rejects.toMatchObject({ code: 'STORAGE' });
    await expect(store.putObjects([await object(1, 1)])).rejects.toMatchObject({ code: 'STORAGE' });
  });

  test.skipIf(kind === 'memory')(
    `${kind}: two open at one place see each other, and of their flips one wins`,
    async () => {
      const name = fresh();
      const [one, other] = [await open(name), await open(name)];
      for (const version of ['1.0.0', '1.1.0']) await one.putVersion(record(version));
      const flips = await Promise.all([
        one.flip('digits@stable', target('1.0.0'), 0),
        other.flip('digits@stable', target('1.1.0'), 0),
      ]);
      expect(flips.filter((pointer) => pointer !== undefined)).toHaveLength(1);
      await Promise.all([one, other, one, other].map((store, i) => store.putValue(`key-${i}`, i)));
      expect(await other.listValues('key-')).toHaveLength(4);
      await one.close();
      await other.close();
    },
  );

  test(`${kind}: trials that begin and end at the same time lose no count`, async () => {
    const name = fresh();
    const one = await open(name);
    const other = kind === 'memory' ? one : await open(name);
    await one.putVersion(record('1.0.0'));
    const attempts = async (): Promise<number | undefined> =>
      (await other.getVersion('digits', '1.0.0', 'fp32'))?.attempts;
    const trial = target('1.0.0');
    const begun = [one, other, one, other].map((tab) => beginTrial(tab, trial));
    expect((await Promise.all(begun)).toSorted()).toEqual([1, 2, 3, 4]);
    expect(await attempts()).toBe(4);
    await Promise.all([one, other, one].map((tab) => endTrial(tab, trial)));
    expect(await attempts()).toBe(1);
    await endAllTrials(other);
    expect(await attempts()).toBe(0);
    // A version that is gone has no attempts, and comes back with none.
    await one.deleteVersion('digits', '1.0.0', 'fp32');
    expect(await beginTrial(one, trial)).toBe(0);
    await endTrial(one, trial);
    expect(await attempts()).toBeUndefined();
    await one.close();
    if (other !== one) await other.close();
  });

  test(`${kind}: an install loses no trial and no flip of another tab`, async () => {
    const name = fresh();
    const one = await open(name);
    const other = kind === 'memory' ? one : await open(name);
    const [named, fetched] = [target('1.0.0'), record('1.0.0', 'staging')];
    const begin = () => other.addAttempts('digits', '1.0.0', 'fp32', 1);
    await one.stageVersion(fetched);
    await Promise.all([
      begin(),
      one.stageVersion(fetched),
      begin(),
      one.changeVersion(named, ['staging'], { state: 'verified' }),
      begin(),
      other.flip('digits@stable', named, 0),
      one.stageVersion(fetched),
    ]);
    expect(await one.getVersion('digits', '1.0.0', 'fp32')).toEqual({
      ...fetched,
      state: 'active',
      attempts: 3,
    });
    await one.close();
    if (other !== one) await other.close();
  });

  test.skipIf(kind === 'memory')(
    `${kind}: everything is there again after it was opened anew`,
    async () => {
      const name = fresh();
      const before = await open(name);
      const { sha256, bytes } = await object(100, 9);
      await before.putObjects([{ sha256, bytes }]);
      await before.putVersion(record('1.0.0'));
      await before.flip('digits@stable', target('1.0.0'), 0);
      await before.putValue('key', { nested: [1, 2] });
      await before.close();
      const after = await open(name);
      expect(await after.getObjects([sha256])).toEqual([bytes]);
      expect(await after.getPointer('digits@stable')).toMatchObject({ epoch: 1 });
      expect(await after.getValue('key')).toEqual({ nested: [1, 2] });
      await after.close();
    },
  );
}
