import { createCounters, decodeProfile, encodeProfile } from '@perigee/profile';
import { expect, test } from 'vitest';
import { batch } from './store.fixture.ts';
import type { StoreUnderTest } from './store.fixture.ts';

/** Windows of telemetry, and the batches that are sealed from them. */
export function testBatches({ kind, open, fresh }: StoreUnderTest): void {
  test(`${kind}: profiles recorded at the same time are all counted`, async () => {
    const store = await open(fresh());
    const counters = createCounters(null);
    const key = {
      model: 'digits',
      version: '1.0.0',
      reference: '',
      backend: 'wasm',
      browser: 'chromium',
      segment: '',
      sampling: 0,
      privacy: 0,
      group: 0,
      hour: 1,
    };
    const one = (): Uint8Array => {
      counters.observePrediction();
      return encodeProfile(counters.snapshot(key));
    };
    await Promise.all(Array.from({ length: 20 }, () => store.mergeProfile('window', one())));
    expect(decodeProfile((await store.getValue('window')) as Uint8Array)).toMatchObject({
      predictions: 20,
      devices: 1,
    });
    await store.close();
  });

  test(`${kind}: sealing a batch deletes its windows, and batches keep their order`, async () => {
    const store = await open(fresh());
    await store.putValue('telemetry:window:a', new Uint8Array([1]));
    await store.putValue('telemetry:other', 'stays');
    for (const [i, id] of ['c', 'a', 'b'].entries())
      await store.addBatch(
        { batchId: id.repeat(32), sealedAtMs: i, gzip: false, bytes: new Uint8Array([i]) },
        i === 0 ? [{ key: 'telemetry:window:a', value: new Uint8Array([1]) }] : [],
      );
    expect(await store.listValues('telemetry:')).toEqual(['telemetry:other']);
    expect((await store.listBatches()).map(({ batchId }) => batchId[0])).toEqual(['c', 'a', 'b']);
    await store.deleteBatch('a'.repeat(32));
    await store.deleteBatch('z'.repeat(32));
    expect((await store.listBatches()).map(({ bytes }) => bytes[0])).toEqual([0, 2]);
    await store.close();
  });

  test(`${kind}: a batch of windows that have changed is not added, and nothing is deleted`, async () => {
    const store = await open(fresh());
    await store.putValue('same', '4');
    await store.putValue('window', new Uint8Array([1, 3]));
    expect(
      await store.addBatch(batch('1'), [
        { key: 'same', value: '4' },
        { key: 'window', value: new Uint8Array([1, 2]) },
      ]),
    ).toBe(false);
    expect(await store.addBatch(batch('1'), [{ key: 'gone', value: '1' }])).toBe(false);
    expect(await store.listBatches()).toEqual([]);
    const listed = async () => (await store.listValues('')).filter((key) => key !== 'object-key');
    expect(await listed()).toEqual(['same', 'window']);
    expect(
      await store.addBatch(batch('1'), [
        { key: 'same', value: '4' },
        { key: 'window', value: new Uint8Array([1, 3]) },
      ]),
    ).toBe(true);
    expect(await store.listBatches()).toEqual([batch('1')]);
    expect(await listed()).toEqual([]);
    await store.close();
  });

  test(`${kind}: when several seal one window at the same time, one succeeds`, async () => {
    const store = await open(fresh());
    await store.putValue('window', new Uint8Array([7]));
    const added = await Promise.all(
      ['1', '2', '3'].map((id) =>
        store.addBatch(batch(id), [{ key: 'window', value: new Uint8Array([7]) }]),
      ),
    );
    expect(added.filter(Boolean)).toHaveLength(1);
    expect(await store.listBatches()).toHaveLength(1);
    await store.close();
  });
}
