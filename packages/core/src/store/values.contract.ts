import { expect, test } from 'vitest';
import type { StoreUnderTest } from './store.fixture.ts';

/** Values with a name. */
export function testValues({ kind, open, fresh }: StoreUnderTest): void {
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

  test(`${kind}: a name from Object.prototype is a value only once it was put`, async () => {
    const store = await open(fresh());
    await store.putValue('key', 1);
    expect(await store.getValue('constructor')).toBeUndefined();
    await store.close();
  });
}
