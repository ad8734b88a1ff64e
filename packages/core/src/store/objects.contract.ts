import { sha256Hex } from '@perigee/registry';
import type { Sha256 } from '@perigee/registry';
import { expect, test } from 'vitest';
import { sameValue } from './same-value.ts';
import { object } from './store.fixture.ts';
import type { StoreUnderTest } from './store.fixture.ts';

/** Objects, and files packed from them. */
export function testObjects({ kind, open, fresh, how }: StoreUnderTest): void {
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

  test(`${kind}: missing objects are found out of few and out of many`, async () => {
    const store = await open(fresh());
    const last = await object(1, 0);
    const absent = '0'.repeat(64) as Sha256;
    expect(await store.missingObjects([])).toEqual([]);
    expect(await store.missingObjects([last.sha256, absent])).toEqual([last.sha256, absent]);
    const others = await Promise.all(Array.from({ length: 40 }, (_, i) => object(2, i)));
    await store.putObjects([...others, last]);
    const digests = others.map(({ sha256 }) => sha256);
    for (const sha256 of digests)
      expect(await store.missingObjects([sha256, absent])).toEqual([absent]);
    expect(await store.missingObjects([absent, ...digests, last.sha256])).toEqual([absent]);
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

  test(`${kind}: only the view of a larger buffer is stored, and readers get their own copies`, async () => {
    const store = await open(fresh());
    const { sha256 } = await object(2, 1);
    await store.putObjects([{ sha256, bytes: new Uint8Array([1, 2, 3, 4]).subarray(1, 3) }]);
    (await store.getObjects([sha256]))[0]?.fill(9);
    expect((await store.getObjects([sha256]))[0]).toEqual(new Uint8Array([2, 3]));
    await store.close();
  });

  test(`${kind}: a whole file is stored with all of its objects, of which one was there before`, async () => {
    const store = await open(fresh());
    const [a, b, c] = [await object(1000, 1), await object(500, 2), await object(70, 3)];
    const whole = new Blob([a, b, a, c].map(({ bytes }) => bytes));
    const bytes = new Uint8Array(await whole.arrayBuffer());
    const sha256 = await sha256Hex(bytes);
    const chunks = [a, b, a, c].map((one) => ({
      sha256: one.sha256,
      sizeBytes: one.bytes.byteLength,
    }));
    await store.putObjects([b]);
    // Twice: another tab may store the same file.
    await store.putFile(sha256, chunks, whole);
    await store.putFile(sha256, chunks, whole);
    expect(await store.missingObjects(chunks.map((chunk) => chunk.sha256))).toEqual([]);
    expect(await store.getObjects([c.sha256, a.sha256, b.sha256])).toEqual([
      c.bytes,
      a.bytes,
      b.bytes,
    ]);
    expect([undefined, bytes]).toContainEqual(await store.getFile(sha256, chunks));
    expect(await store.listObjects()).toHaveLength(3);
    await store.deleteObjects([a.sha256, b.sha256, c.sha256]);
    expect([await store.listObjects(), await store.getFile(sha256, chunks)]).toEqual([
      [],
      undefined,
    ]);
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
}
