import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256Hex } from '@perigee/registry';
import type { Sha256 } from '@perigee/registry';
import { afterAll, expect, test } from 'vitest';
import { createFileSystemStore } from './file-system.ts';
import type { ModelStore } from './store.ts';

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
  expect((await readdir(folder)).toSorted()).toEqual(['journal-1', 'state.2.tmp']);
  expect(await store.getValue('key')).toBe(1);
});

test('a file with an object of another length than it should have is not read in one piece', async () => {
  const store = createFileSystemStore(join(root, 'lengths'));
  const sha256 = 'cd'.padEnd(64, '0') as Sha256;
  await store.putObjects([{ sha256, bytes: new Uint8Array([1, 2, 3]) }]);
  const read = (sizeBytes: number): Promise<Uint8Array | undefined> =>
    store.getFile(sha256, [
      { sha256, sizeBytes },
      { sha256, sizeBytes },
    ]);
  expect(await read(3)).toEqual(new Uint8Array([1, 2, 3, 1, 2, 3]));
  expect([await read(2), await read(4)]).toEqual([undefined, undefined]);
});

test('an object that another process deletes while they are listed is left out', async () => {
  const folder = join(root, 'deleted');
  await mkdir(join(folder, 'objects', 'ab'), { recursive: true });
  // A directory entry whose file does not exist.
  await symlink(join(folder, 'nowhere'), join(folder, 'objects', 'ab', 'ab'.padEnd(64, '0')));
  expect(await createFileSystemStore(folder).listObjects()).toEqual([]);
});

test('a name that is no digest reaches no file', async () => {
  const store = createFileSystemStore(join(root, 'names'));
  await expect(store.getObjects(['../state' as Sha256])).rejects.toMatchObject({ code: 'STORAGE' });
});

test('damaged parts in the list of a file are not objects', async () => {
  const folder = join(root, 'lists');
  await mkdir(join(folder, 'files'), { recursive: true });
  const [file, whole, huge] = ['a', 'b', 'c'].map((digit) => digit.repeat(64) as Sha256) as [
    Sha256,
    Sha256,
    Sha256,
  ];
  await writeFile(join(folder, 'files', file), 'xyz');
  const list = [
    null,
    7,
    { sha256: whole, sizeBytes: 2, offset: 1 },
    { sha256: huge, sizeBytes: 2 ** 53, offset: 0 },
  ];
  await writeFile(join(folder, 'files', `${file}.parts`), JSON.stringify(list));
  const store = createFileSystemStore(folder);
  expect(await store.listObjects()).toEqual([{ sha256: whole, sizeBytes: 2 }]);
  expect(await store.missingObjects([whole, huge])).toEqual([huge]);
  expect(await store.getObjects([whole, huge])).toEqual([new Uint8Array([121, 122]), undefined]);
});

test('a leftover that cannot be deleted yet does not fail the list of objects', async () => {
  const folder = join(root, 'kept');
  // Windows keeps a file that a session has open. Other systems keep a folder.
  const kept = join(folder, 'files', 'ab'.padEnd(64, '0'));
  await mkdir(kept, { recursive: true });
  utimesSync(kept, 0, 0);
  expect(await createFileSystemStore(folder).listObjects()).toEqual([]);
});

test('a list that another process replaces is read again', async () => {
  const folder = join(root, 'repacked');
  const store = createFileSystemStore(folder, undefined, 0);
  const [a, b] = await Promise.all([1, 2].map((byte) => objectOf(new Uint8Array([byte]))));
  const pack = async (...parts: readonly Stored[]): Promise<void> => {
    const whole = await objectOf(new Uint8Array(parts.flatMap(({ bytes }) => [...bytes])));
    await store.putObjects(parts);
    await store.packFile(
      whole.sha256,
      parts.map(({ sha256, bytes }) => ({ sha256, sizeBytes: bytes.byteLength })),
    );
  };
  await pack(a!, b!);
  await pack(b!, a!);
  // Another process replaces a list: it is read again.
  const other = createFileSystemStore(folder, undefined, 0);
  await other.deleteObjects([a!.sha256]);
  expect(await store.missingObjects([a!.sha256, b!.sha256])).toEqual([a!.sha256]);
  expect(await store.getObjects([b!.sha256])).toEqual([b!.bytes]);
});

interface Stored {
  readonly sha256: Sha256;
  readonly bytes: Uint8Array;
}

async function objectOf(bytes: Uint8Array): Promise<Stored> {
  return { sha256: await sha256Hex(bytes), bytes };
}

/** Writes until the journal continues in its n-th file. */
async function fillUntil(folder: string, store: ModelStore, n: number): Promise<void> {
  for (let i = 0; !existsSync(join(folder, `journal-${n}`)); i += 1)
    await store.putValue('ballast', new Uint8Array(300_000).fill(i));
}

test('a small write beside much state adds a small record', async () => {
  const folder = join(root, 'small');
  const store = createFileSystemStore(folder);
  for (let i = 0; i < 20; i += 1) await store.putValue(`group-${i}`, new Uint8Array(45_000));
  const files = () =>
    readdirSync(folder).map((name) => ({ name, stats: statSync(join(folder, name)) }));
  const sizeOf = (): number => files().reduce((sum, { stats }) => sum + stats.size, 0);
  // A rewritten file gets another inode, so equal inodes show that none was.
  const inodes = (): unknown => files().map(({ name, stats }) => [name, stats.ino]);
  const before = [sizeOf(), inodes()] as const;
  await store.putValue('small', 1);
  expect(inodes()).toEqual(before[1]);
  expect(sizeOf() - before[0]).toBeLessThan(1_000);
});

test('stores that write at the same time through several files count everything once', async () => {
  const folder = join(root, 'several');
  const stores = Array.from({ length: 4 }, () => createFileSystemStore(folder));
  await Promise.all(
    stores.map(async (store, i) => {
      for (let n = 0; n < 12; n += 1) {
        let before: unknown;
        do before = await store.getValue('count');
        while (
          !(await store.changeValues([{ key: 'count', value: before }], {
            count: Number(before ?? 0) + 1,
            [`of-${i}`]: new Uint8Array(120_000),
          }))
        );
      }
    }),
  );
  expect(await stores[0]!.getValue('count')).toBe(48);
  const journals = (await readdir(folder)).filter((name) => name.startsWith('journal-'));
  expect(journals).not.toContain('journal-1');
  expect(journals.length).toBeLessThanOrEqual(2);
});

test('a store that slept while others started new files goes on with the newest file', async () => {
  const folder = join(root, 'slept');
  const [sleeper, other] = [createFileSystemStore(folder), createFileSystemStore(folder)];
  await sleeper.putValue('mine', 1);
  await fillUntil(folder, other, 4);
  await sleeper.putValue('late', 2);
  expect([await other.getValue('mine'), await other.getValue('late')]).toEqual([1, 2]);
});

test('if the beginning of a file is damaged, its entries are read from the previous file', async () => {
  const folder = join(root, 'beginning');
  const store = createFileSystemStore(folder);
  await store.putValue('early', { of: 'the first file' });
  await fillUntil(folder, store, 2);
  await store.putValue('late', 2);
  await store.close();
  flip(join(folder, 'journal-2'), 60);
  const again = createFileSystemStore(folder, () => ({ told: 'damaged' }));
  expect([await again.getValue('early'), await again.getValue('late')]).toEqual([
    { of: 'the first file' },
    2,
  ]);
  await again.putValue('after', 3);
  expect(await again.getValues('')).toMatchObject([
    ['after', 3],
    ['ballast', {}],
    ['early', {}],
    ['late', 2],
    ['told', 'damaged'],
  ]);
  expect(await readdir(folder)).toContain('damaged');
});

test('a value that is damaged while a process has it open is left out for every process', async () => {
  const folder = join(root, 'open');
  const [store, other] = [
    createFileSystemStore(folder, () => ({ told: 'damaged' })),
    createFileSystemStore(folder),
  ];
  await store.putValue('value', 'first');
  await store.putValue('value', 'second');
  await store.putValue('next', 1);
  expect(await other.getValue('value')).toBe('second');
  const file = join(folder, 'journal-1');
  flip(file, readFileSync(file).indexOf('second'));
  expect(await store.getValue('value')).toBe('first');
  await store.putValue('later', 2);
  await other.putValue('last', 3);
  const values = [
    ['last', 3],
    ['later', 2],
    ['next', 1],
    ['told', 'damaged'],
    ['value', 'first'],
  ];
  expect([await store.getValues(''), await other.getValues('')]).toEqual([values, values]);
});

test('values come back as they were put, whatever numbers and bytes are in them', async () => {
  const store = createFileSystemStore(join(root, 'forms'));
  const value = {
    a: [1, null, undefined, Number.NaN, -Infinity, -0],
    b: new Uint8Array([0, 255]),
    c: { __proto__: null, d: 'ä\u0000' },
    e: undefined,
  };
  await store.putValue('value', value);
  expect(await store.getValue('value')).toEqual({ ...value, c: { d: 'ä\u0000' } });
  await expect(store.putValue('date', new Date(0))).rejects.toMatchObject({
    code: 'STORAGE',
    message: expect.stringContaining('Date') as string,
  });
});

function flip(file: string, at: number): void {
  const bytes = readFileSync(file);
  bytes[at]! ^= 1;
  writeFileSync(file, bytes);
}
