import { expect, test } from 'vitest';
import { record, target } from './store.fixture.ts';
import type { StoreUnderTest } from './store.fixture.ts';

/** Versions, and the pointers to them. */
export function testVersions({ kind, open, fresh }: StoreUnderTest): void {
  test(`${kind}: a flip changes pointer and states together, and only at the expected epoch`, async () => {
    const store = await open(fresh());
    await store.putVersion(record('1.0.0'));
    await store.putVersion(record('1.1.0'));
    expect(await store.flip('digits@stable', target('1.0.0'), 0)).toMatchObject({
      active: { version: '1.0.0' },
      previous: null,
      epoch: 1,
    });
    expect(await store.flip('digits@stable', target('1.1.0'), 0, { extra: 'no' })).toBeUndefined();
    expect(await store.getValue('extra')).toBeUndefined();
    expect(await store.flip('digits@stable', target('1.1.0'), 1, { extra: 'yes' })).toMatchObject({
      active: { version: '1.1.0' },
      previous: { version: '1.0.0' },
      epoch: 2,
    });
    expect(await store.getValue('extra')).toBe('yes');
    const states = Object.fromEntries(
      (await store.listVersions('digits')).map(({ version, state }) => [version, state]),
    );
    expect(states).toEqual({ '1.0.0': 'previous', '1.1.0': 'active' });
    await store.close();
  });

  test(`${kind}: of flips at the same time exactly one wins`, async () => {
    const store = await open(fresh());
    for (const version of ['1.0.0', '1.1.0', '1.2.0']) await store.putVersion(record(version));
    const results = await Promise.all(
      ['1.0.0', '1.1.0', '1.2.0'].map((version) => store.flip('digits@stable', target(version), 0)),
    );
    const winners = results.filter((pointer) => pointer !== undefined);
    expect(winners).toHaveLength(1);
    expect(await store.getPointer('digits@stable')).toEqual(winners[0]);
    await store.close();
  });

  test(`${kind}: a version another reference still uses stays active`, async () => {
    const store = await open(fresh());
    for (const version of ['1.0.0', '1.1.0']) await store.putVersion(record(version));
    await store.flip('digits@stable', target('1.0.0'), 0);
    await store.flip('digits@canary', target('1.0.0'), 0);
    await store.flip('digits@canary', target('1.1.0'), 1);
    expect((await store.getVersion('digits', '1.0.0', 'fp32'))?.state).toBe('active');
    await store.close();
  });

  test(`${kind}: versions are told apart by version and variant, and deleted one by one`, async () => {
    const store = await open(fresh());
    for (const stored of [
      record('1.0.0'),
      record('2.0.0'),
      { ...record('1.0.0'), variant: 'int8' },
    ])
      await store.putVersion(stored);
    await store.deleteVersion('digits', '1.0.0', 'fp32');
    expect(await store.getVersion('digits', '1.0.0', 'fp32')).toBeUndefined();
    expect(await store.getVersion('digits', '1.0.0', 'int8')).toEqual({
      ...record('1.0.0'),
      variant: 'int8',
    });
    expect(await store.listVersions('other')).toEqual([]);
    expect(await store.listVersions()).toHaveLength(2);
    await store.close();
  });

  test(`${kind}: a version that is fetched again keeps its state and trials, unless it is bad`, async () => {
    const store = await open(fresh());
    const stored = () => store.getVersion('digits', '1.0.0', 'fp32');
    const fetched = { ...record('1.0.0', 'staging'), manifest: new Uint8Array([3]) };
    await store.stageVersion(fetched);
    expect(await stored()).toEqual(fetched);
    await store.putVersion({ ...record('1.0.0', 'active'), attempts: 2, timesSetAside: 1 });
    await store.stageVersion(fetched);
    const known = { ...fetched, state: 'active', attempts: 2, timesSetAside: 1 };
    expect(await stored()).toEqual(known);
    await store.putVersion({ ...record('1.0.0', 'bad'), reason: 'It ended.', timesSetAside: 1 });
    await store.stageVersion(fetched);
    expect(await stored()).toEqual({ ...fetched, timesSetAside: 1 });
    await store.close();
  });

  test(`${kind}: a record changes in part, and only from the given states`, async () => {
    const store = await open(fresh());
    const stored = () => store.getVersion('digits', '1.0.0', 'fp32');
    const [named, before] = [target('1.0.0'), { ...record('1.0.0', 'staging'), attempts: 1 }];
    await store.changeVersion(named, ['staging'], { state: 'verified' });
    expect(await stored()).toBeUndefined();
    await store.putVersion(before);
    await store.changeVersion(named, ['verified', 'previous'], { state: 'bad' });
    expect(await stored()).toEqual(before);
    await store.changeVersion(named, ['verified', 'staging'], { state: 'bad', reason: 'slow' });
    expect(await stored()).toEqual({ ...before, state: 'bad', reason: 'slow' });
    await store.close();
  });
}
