import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Sha256 } from '@perigee/registry';
import { afterAll, expect, test } from 'vitest';
import { createFileSystemStore } from './file-system.ts';

const root = mkdtempSync(join(tmpdir(), 'perigee-store-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

test('what a process left that was killed while writing is not an object, and is cleared away', async () => {
  const folder = join(root, 'killed');
  const name = 'ab'.padEnd(64, '0');
  await mkdir(join(folder, 'objects', 'ab'), { recursive: true });
  await writeFile(join(folder, 'objects', 'ab', `${name}.1.tmp`), 'half');
  utimesSync(join(folder, 'objects', 'ab', `${name}.1.tmp`), 0, 0);
  await writeFile(join(folder, 'objects', 'ab', `${name}.2.tmp`), 'being written');
  const store = createFileSystemStore(folder);
  expect(await store.missingObjects([name as Sha256])).toEqual([name]);
  expect(await store.listObjects()).toEqual([]);
  expect(await readdir(join(folder, 'objects', 'ab'))).toEqual([`${name}.2.tmp`]);
});

test('what a process left that was killed while writing the state is cleared away, too', async () => {
  const folder = join(root, 'killed-state');
  await mkdir(folder);
  for (const name of ['state.1.tmp', 'state.2.tmp']) await writeFile(join(folder, name), 'half');
  utimesSync(join(folder, 'state.1.tmp'), 0, 0);
  const store = createFileSystemStore(folder);
  await store.putValue('key', 1);
  await store.listObjects();
  expect((await readdir(folder)).toSorted()).toEqual(['state', 'state.2.tmp']);
  expect(await store.getValue('key')).toBe(1);
});

test('a file with an object of another length than it should have is not read in one piece', async () => {
  const store = createFileSystemStore(join(root, 'lengths'));
  const sha256 = 'cd'.padEnd(64, '0') as Sha256;
  await store.putObjects([{ sha256, bytes: new Uint8Array([1, 2, 3]) }]);
  const read = (sizeBytes: number): Promise<Uint8Array | undefined> => store.getFile(sha256, [{ sha256, sizeBytes }, { sha256, sizeBytes }]);
  expect(await read(3)).toEqual(new Uint8Array([1, 2, 3, 1, 2, 3]));
  expect([await read(2), await read(4)]).toEqual([undefined, undefined]);
});

test('the lock of a process that died does not hold up the next one', async () => {
  const folder = join(root, 'locked');
  await mkdir(folder);
  writeFileSync(join(folder, 'lock'), '');
  utimesSync(join(folder, 'lock'), 0, 0);
  const store = createFileSystemStore(folder);
  await store.putValue('key', 1);
  expect(await store.getValue('key')).toBe(1);
});

test('several that find the lock of a process that died take turns: none of their changes is lost', async () => {
  for (let run = 0; run < 25; run += 1) {
    const folder = join(root, `taken-over-${run}`);
    await mkdir(folder);
    writeFileSync(join(folder, 'lock'), '');
    utimesSync(join(folder, 'lock'), 0, 0);
    const stores = Array.from({ length: 6 }, () => createFileSystemStore(folder));
    await Promise.all(stores.map((store, i) => store.putValue(`key-${i}`, i)));
    expect(await stores[0]!.listValues('key-')).toHaveLength(stores.length);
    expect((await readdir(folder)).toSorted()).toEqual(['state']);
  }
});

test('a name that is no digest reaches no file', async () => {
  const store = createFileSystemStore(join(root, 'names'));
  await expect(store.getObjects(['../state' as Sha256])).rejects.toMatchObject({ code: 'STORAGE' });
});

test('a damaged state file is an error that names the folder, not an empty store', async () => {
  const folder = join(root, 'damaged');
  const store = createFileSystemStore(folder);
  await store.putValue('key', 1);
  writeFileSync(join(folder, 'state'), 'not a state');
  await expect(store.getValue('key')).rejects.toMatchObject({ code: 'STORAGE', message: expect.stringContaining(folder) as string });
});
