import { createCounters, decodeProfile, encodeProfile } from '@perigee/profile';
import { sha256Hex } from '@perigee/registry';
import type { Sha256 } from '@perigee/registry';
import { expect, test } from 'vitest';
import { sameValue } from './same-value.ts';
import type { ModelStore, QueuedBatch, VersionRecord } from './store.ts';

/**
 * Tests the contract of every store, in Node and in browsers. `open` returns a store on the same
 * data for the same name, as a reload does. Stores that are `encrypted` or keep `chunks` have no
 * packed files.
 */
export function testStore(
  kind: ModelStore['kind'],
  open: (name: string) => Promise<ModelStore>,
  how?: 'encrypted' | 'chunks',
): void {
  let names = 0;
  const fresh = (): string => `contract-${kind}-${++names}-${Math.random().toString(36).slice(2)}`;
  const object = async (size: number, fill: number) => {
    const bytes = new Uint8Array(size).fill(fill);
    return { sha256: await sha256Hex(bytes), bytes };
  };
  const record = (version: string, state: VersionRecord['state'] = 'verified'): VersionRecord => ({
    model: 'digits',
    version,
    variant: 'fp32',
    state,
    manifest: new Uint8Array([1, 2]),
    manifestSha256: 'a'.repeat(64) as Sha256,
    objects: [],
    sizeBytes: 3,
    attempts: 0,
  });
  const batch = (id: string): QueuedBatch => ({
    batchId: id.repeat(32),
    sealedAtMs: 1,
    gzip: false,
    bytes: new Uint8Array([1]),
  });
  const target = (version: string) => ({ model: 'digits', version, variant: 'fp32' });

  test(`${kind}: objects are returned unchanged in the requested order, and missing ones are undefined`, async () => {
    const store = await open(fresh());
    const [small, large] = [await object(3, 1), await object(4 * 1024 * 1024, 2)];
    await store.putObjects([small, large]);
    await store.putObjects([small]);
    const absent = 'f'.repeat(64) as Sha256;
    const [first, second, third] = await store.getObjects([large.sha256, absent, small.sha256]);
    expect(sameValue(first, large.bytes)).toBe(true);
    expect(second).toBeUndefined();
    expect(third).toEqual(small.bytes);
    expect(await store.missingObjects([absent, small.sha256, absent])).toEqual([absent]);
    const sizes = (await store.listObjects()).toSorted((a, b) => a.sizeBytes - b.sizeBytes);
    const extra = how === 'encrypted' ? 28 : 0;
    expect(sizes).toEqual([
      { sha256: small.sha256, sizeBytes: 3 + extra },
      { sha256: large.sha256, sizeBytes: 4 * 1024 * 1024 + extra },
    ]);
    await store.deleteObjects([small.sha256, absent]);
    expect(await store.missingObjects([small.sha256, large.sha256])).toEqual([small.sha256]);
    await store.close();
  });

  test(`${kind}: later writes to the caller's array do not change the store`, async () => {
    const store = await open(fresh());
    const { sha256, bytes } = await object(16, 7);
    await store.putObjects([{ sha256, bytes }]);
    bytes.fill(0);
    expect((await store.getObjects([sha256]))[0]).toEqual(new Uint8Array(16).fill(7));
    await store.close();
  });

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

  test(`${kind}: values change together, and only if none has changed since it was read`, async () => {
    const store = await open(fresh());
    const head = { seq: 1, of: ['a', { bytes: new Uint8Array([1]) }] };
    expect(await store.changeValues([{ key: 'head', value: undefined }], { head, first: 1 })).toBe(
      true,
    );
    expect(await store.changeValues([{ key: 'head', value: undefined }], { head: 'late' })).toBe(
      false,
    );
    expect(
      await store.changeValues(
        [{ key: 'head', value: { seq: 1, of: ['a', { bytes: new Uint8Array([2]) }] } }],
        { head: 'other' },
      ),
    ).toBe(false);
    expect(
      await store.changeValues(
        [
          { key: 'head', value: structuredClone(head) },
          { key: 'first', value: 2 },
        ],
        { head: 'half' },
      ),
    ).toBe(false);
    expect(await store.getValue('head')).toEqual(head);
    expect(
      await store.changeValues([{ key: 'head', value: structuredClone(head) }], {
        head: { seq: 2 },
        first: undefined,
        second: 2,
      }),
    ).toBe(true);
    expect(Object.fromEntries(await store.getValues(''))).toMatchObject({
      head: { seq: 2 },
      second: 2,
    });
    expect(await store.listValues('first')).toEqual([]);
    const counts = await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        store.changeValues([{ key: 'second', value: 2 }], { second: 3 + i }),
      ),
    );
    expect(counts.filter(Boolean)).toHaveLength(1);
    await store.close();
  });

  test(`${kind}: values are listed with their names in order, by prefix`, async () => {
    const store = await open(fresh());
    for (const key of ['window:b', 'window:a', 'windo', 'window;'])
      await store.putValue(key, { of: key });
    await store.putValue('window:', new Uint8Array([1]));
    expect(await store.getValues('window:')).toEqual([
      ['window:', new Uint8Array([1])],
      ['window:a', { of: 'window:a' }],
      ['window:b', { of: 'window:b' }],
    ]);
    expect(await store.getValues('none')).toEqual([]);
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

  test(`${kind}: only the view of a larger buffer is stored, and readers get their own copies`, async () => {
    const store = await open(fresh());
    const { sha256 } = await object(2, 1);
    await store.putObjects([{ sha256, bytes: new Uint8Array([1, 2, 3, 4]).subarray(1, 3) }]);
    (await store.getObjects([sha256]))[0]?.fill(9);
    expect((await store.getObjects([sha256]))[0]).toEqual(new Uint8Array([2, 3]));
    await store.close();
  });

  test(`${kind}: objects of a packed file stay readable; the file is kept until all are deleted`, async () => {
    const store = await open(fresh());
    const [a, b, c] = [await object(1000, 1), await object(500, 2), await object(70, 3)];
    const fileOf = async (...parts: { bytes: Uint8Array<ArrayBuffer> }[]) => {
      const bytes = new Uint8Array(await new Blob(parts.map((part) => part.bytes)).arrayBuffer());
      return { sha256: await sha256Hex(bytes), bytes };
    };
    const sized = (...parts: { sha256: Sha256; bytes: Uint8Array }[]) =>
      parts.map(({ sha256, bytes }) => ({ sha256, sizeBytes: bytes.byteLength }));
    await store.putObjects([a, b]);
    const first = await fileOf(a, b, a);
    await store.packFile(first.sha256, sized(a, b, a));
    const inOnePiece = await store.getFile(first.sha256, sized(a, b, a));
    expect(inOnePiece).toEqual(kind !== 'memory' && how === undefined ? first.bytes : undefined);
    expect(await store.getObjects([b.sha256, a.sha256])).toEqual([b.bytes, a.bytes]);
    expect(await store.missingObjects([a.sha256, b.sha256, c.sha256])).toEqual([c.sha256]);

    // A second file takes over the shared chunks.
    await store.putObjects([c]);
    const second = await fileOf(c, b);
    await store.packFile(second.sha256, sized(c, b));
    await store.deleteObjects([a.sha256]);
    expect(await store.getFile(first.sha256, sized(a, b, a))).toBeUndefined();
    expect(await store.getObjects([a.sha256, b.sha256, c.sha256])).toEqual([
      undefined,
      b.bytes,
      c.bytes,
    ]);
    if (inOnePiece) expect(await store.getFile(second.sha256, sized(c, b))).toEqual(second.bytes);
    // A file with a missing object is not packed.
    await store.packFile(first.sha256, sized(a, b, a));
    expect(await store.getFile(first.sha256, sized(a, b, a))).toBeUndefined();
    await store.deleteObjects([b.sha256, c.sha256]);
    expect(await store.listObjects()).toEqual([]);
    await store.close();
  });

  test(`${kind}: more objects than one transaction takes are all there`, async () => {
    const store = await open(fresh());
    const objects = await Promise.all([1, 2, 3, 4, 5].map((fill) => object(4 * 1024 * 1024, fill)));
    await store.putObjects(objects);
    expect(
      (await store.getObjects(objects.map(({ sha256 }) => sha256))).map((bytes) => bytes?.at(-1)),
    ).toEqual([1, 2, 3, 4, 5]);
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

  test(`${kind}: a name from Object.prototype is a value only once it was put`, async () => {
    const store = await open(fresh());
    await store.putValue('key', 1);
    expect(await store.getValue('constructor')).toBeUndefined();
    await store.close();
  });

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
