import { sha256Hex } from '@perigee/registry';
import type { Sha256 } from '@perigee/registry';
import { expect, test } from 'vitest';
import { createIndexedDbStore } from './indexeddb.ts';
import type { ModelStore } from './store.ts';

const HOUR_MS = 3_600_000;

/**
 * Tests files in the origin private file system, beyond the contract of every store. Runs in a
 * worker of a browser.
 */
export function testOpfs(): void {
  const fresh = (): string => `opfs-${crypto.randomUUID()}`;
  const open = (name: string): ModelStore => createIndexedDbStore(name, async () => 'opfs');
  async function filesOf(name: string): Promise<string[]> {
    const names: string[] = [];
    for await (const file of (
      await (await navigator.storage.getDirectory()).getDirectoryHandle(name, { create: true })
    ).keys())
      names.push(file);
    return names;
  }

  /** Creates a store with a packed file of two chunks. */
  async function packed(name: string): Promise<{
    store: ModelStore;
    file: Sha256;
    bytes: Uint8Array;
    chunks: { sha256: Sha256; sizeBytes: number }[];
  }> {
    const bytes = new Uint8Array(3_000).map((_, i) => i % 251);
    const parts = [bytes.slice(0, 1_000), bytes.slice(1_000)];
    const objects = await Promise.all(
      parts.map(async (part) => ({ sha256: await sha256Hex(part), bytes: part })),
    );
    const store = open(name);
    await store.putObjects(objects);
    const [file, chunks] = [
      await sha256Hex(bytes),
      objects.map(({ sha256, bytes: { byteLength } }) => ({ sha256, sizeBytes: byteLength })),
    ];
    await store.packFile(file, chunks);
    return { store, file, bytes, chunks };
  }

  test('opfs: a file in one piece is one file, also after it was packed again', async () => {
    const name = fresh();
    const { store, file, chunks, bytes } = await packed(name);
    const [first] = await filesOf(name);
    await store.packFile(file, chunks);
    expect(await filesOf(name)).toEqual([first]);
    // A chunk that was fetched again is not part of the file.
    await store.putObjects([{ sha256: chunks[0]!.sha256, bytes: bytes.slice(0, 1_000) }]);
    await store.packFile(file, chunks);
    const files = await filesOf(name);
    expect([files.length, files[0] === first]).toEqual([1, false]);
    expect(await store.getFile(file, chunks)).toEqual(bytes);
    await store.close();
  });

  test('opfs: several read a file at the same time', async () => {
    const { store, file, bytes, chunks } = await packed(fresh());
    for (const read of await Promise.all(
      Array.from({ length: 6 }, () => store.getFile(file, chunks)),
    ))
      expect(read).toEqual(bytes);
    await store.close();
  });

  test('opfs: all succeed that pack a file at the same time, and one file is left', async () => {
    const name = fresh();
    const { store, file, chunks, bytes } = await packed(name);
    for (const { sha256 } of chunks)
      await store.putObjects([{ sha256, bytes: (await store.getObjects([sha256]))[0]! }]);
    const others = [store, open(name), open(name)];
    await Promise.all(others.map((one) => one.packFile(file, chunks)));
    expect(await store.getFile(file, chunks)).toEqual(bytes);
    expect(await filesOf(name)).toHaveLength(1);
    await Promise.all(others.map((one) => one.close()));
  });

  test('opfs: two files with a common chunk both keep it', async () => {
    const name = fresh();
    const { store, chunks, bytes } = await packed(name);
    const second = new Uint8Array(
      await new Blob([bytes.slice(1_000), new Uint8Array(10)]).arrayBuffer(),
    );
    const tail = { sha256: await sha256Hex(new Uint8Array(10)), bytes: new Uint8Array(10) };
    const [secondFile, secondChunks] = [
      await sha256Hex(second),
      [chunks[1]!, { sha256: tail.sha256, sizeBytes: 10 }],
    ];
    await store.putObjects([tail]);
    await store.packFile(secondFile, secondChunks);
    const before = await filesOf(name);
    await store.packFile(await sha256Hex(bytes), chunks);
    await store.packFile(secondFile, secondChunks);
    expect((await filesOf(name)).toSorted()).toEqual(before.toSorted());
    expect(await store.getFile(secondFile, secondChunks)).toEqual(second);
    expect(await store.getFile(await sha256Hex(bytes), chunks)).toEqual(bytes);
    await store.close();
  });

  test('opfs: a file goes with its last object', async () => {
    const name = fresh();
    const { store, chunks } = await packed(name);
    await store.deleteObjects([chunks[0]!.sha256]);
    expect(await filesOf(name)).toHaveLength(1);
    await store.deleteObjects([chunks[1]!.sha256]);
    expect(await filesOf(name)).toEqual([]);
    await store.close();
  });

  test('opfs: a file that was lost is not there, nor are its objects', async () => {
    const name = fresh();
    const { store, file, chunks } = await packed(name);
    await (await navigator.storage.getDirectory()).removeEntry(name, { recursive: true });
    expect(await store.getFile(file, chunks)).toBeUndefined();
    expect(await store.getObjects(chunks.map(({ sha256 }) => sha256))).toEqual([
      undefined,
      undefined,
    ]);
    await store.deleteObjects(chunks.map(({ sha256 }) => sha256));
    await store.close();
  });

  test('opfs: the leftovers of a worker that ended while writing are deleted once they are old', async () => {
    const name = fresh();
    const { store, file, bytes, chunks } = await packed(name);
    const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle(name);
    const leftBehind = crypto.randomUUID();
    for (const other of [leftBehind, 'notes.txt'])
      await folder.getFileHandle(other, { create: true });
    await store.listObjects();
    expect(await filesOf(name)).toHaveLength(3);
    const now = Date.now;
    Date.now = () => now() + 2 * HOUR_MS;
    try {
      await store.listObjects();
    } finally {
      Date.now = now;
    }
    // The app's own files stay.
    expect(await filesOf(name)).toContain('notes.txt');
    expect(await filesOf(name)).not.toContain(leftBehind);
    expect(await store.getFile(file, chunks)).toEqual(bytes);
    await store.close();
  });

  test('opfs: a Blob stored earlier is still read, and an OPFS file is read where Blobs are kept', async () => {
    const name = fresh();
    const { store, file, bytes, chunks } = await packed(name);
    const other = createIndexedDbStore(name, async () => 'blob');
    expect(await other.getFile(file, chunks)).toEqual(bytes);
    await other.deleteObjects(chunks.map(({ sha256 }) => sha256));
    expect(await filesOf(name)).toEqual([]);
    await other.putObjects([{ sha256: file, bytes }]);
    await other.packFile(file, [{ sha256: file, sizeBytes: bytes.byteLength }]);
    expect(await store.getFile(file, [{ sha256: file, sizeBytes: bytes.byteLength }])).toEqual(
      bytes,
    );
    expect(await filesOf(name)).toEqual([]);
    await Promise.all([store.close(), other.close()]);
  });
}
