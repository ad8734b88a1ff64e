import { expect, test } from 'vitest';
import type { StoreUnderTest } from './store.fixture.ts';

/** Documents, such as alerts. */
export function testDocuments({ kind, open }: StoreUnderTest): void {
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
    expect(await store.find('alert', 'a')).toEqual({ id: 'a', atMs: 2_000, body: { n: 3 } });
    expect(await store.find('other', 'b')).toBeUndefined();
    expect(await store.find('nothing', 'a')).toBeUndefined();
    await store.close();
  });
}
