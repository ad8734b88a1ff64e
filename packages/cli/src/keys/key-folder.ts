import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { createKeyPair } from '@perigee/registry';
import type { SigningKey } from '@perigee/registry';
import { undefinedIfAbsent } from '../absent-file.ts';
import { CommandError } from '../command.ts';
import { decryptKey, encryptKey } from './key-file.ts';
import { keysOf } from './keys.ts';
import type { Keys } from './keys.ts';

const ENDING = '.key.json';

/**
 * Reads and decrypts all keys of a folder.
 * @throws CommandError naming the file that cannot be decrypted
 * @example
 * ```ts
 * const keys = await openKeyFolder('keys', passphrase);
 * ```
 */
export async function openKeyFolder(folder: string, passphrase: string): Promise<Keys> {
  const files = await keyFiles(folder);
  const keys = await Promise.all(
    files.map(async (file) => decryptKey(await readFile(file, 'utf8'), passphrase, file)),
  );
  if (keys.length === 0)
    throw new CommandError(
      `There are no keys in ${folder}. Make a registry with its keys: perigee init --to ` +
        `./registry --keys ${folder}`,
    );
  return keysOf(keys, folder);
}

/**
 * Creates a key file in the folder, readable by its owner only. It never replaces an existing file.
 * @throws CommandError for a passphrase that is too short, or a file that exists
 * @example
 * ```ts
 * const key = await createKey('keys', 'online', passphrase);
 * ```
 */
export async function createKey(
  folder: string,
  name: string,
  passphrase: string,
): Promise<SigningKey> {
  const isNew = (await mkdir(folder, { recursive: true, mode: 0o700 })) !== undefined;
  // An app is usually a repository, and `git add .` would take the keys.
  if (isNew) await writeFile(join(folder, '.gitignore'), '*\n');
  const key = await createKeyPair();
  const path = join(folder, `${name}${ENDING}`);
  await writeFile(path, await encryptKey(key, passphrase), { flag: 'wx', mode: 0o600 }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST')
        throw new CommandError(
          `${path} already exists; a key is never overwritten. Choose another name.`,
        );
      throw error;
    },
  );
  await chmod(path, 0o600);
  return key;
}

/** Names of the keys in a folder, without the file extension. */
export async function keyNames(folder: string): Promise<string[]> {
  return (await keyFiles(folder)).map((file) => basename(file, ENDING));
}

export async function readKey(
  folder: string,
  name: string,
  passphrase: string,
): Promise<SigningKey> {
  const path = join(folder, `${name}${ENDING}`);
  const text = await readFile(path, 'utf8').catch(() => {
    throw new CommandError(
      `There is no key "${name}" in ${folder}. Make it: perigee keygen ${name} --keys ${folder}`,
    );
  });
  return decryptKey(text, passphrase, path);
}

async function keyFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(undefinedIfAbsent);
  return (names ?? [])
    .filter((name) => name.endsWith(ENDING))
    .toSorted()
    .map((name) => join(folder, name));
}
