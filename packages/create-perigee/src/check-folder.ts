import { readdirSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { CreateError } from './create-error.ts';

/** A part of what npm allows: such a name works as the name of a folder and of a package. */
const IS_NAME = /^[a-z0-9][a-z0-9._-]{0,213}$/;
const RESERVED = ['node_modules', 'favicon.ico'];

/**
 * Checks that an app can be started in a folder. Resolves the folder's path, and the app's name,
 * which is the name of the folder.
 * @throws CreateError
 */
export function checkFolder(folder: string): { readonly path: string; readonly name: string } {
  const path = resolve(folder);
  const name = basename(path);
  if (!IS_NAME.test(name) || RESERVED.includes(name))
    throw new CreateError(
      `"${name}" cannot be the name of an npm package. Choose a folder of lower-case letters, ` +
        'digits, "-", "." and "_", such as my-app.',
    );
  const present = filesIn(path);
  if (present.length > 0) {
    const some = present.slice(0, 3).join(', ');
    const others = present.length > 3 ? ` and ${present.length - 3} others` : '';
    throw new CreateError(
      `${path} is not empty: it has ${some}${others}. Choose a new or an empty folder.`,
    );
  }
  return { path, name };
}

/** The entries of a folder; none if there is no such folder. A fresh Git repository is empty. */
function filesIn(path: string): string[] {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats) return [];
  if (!stats.isDirectory()) throw new CreateError(`${path} is a file. Choose another name.`);
  return readdirSync(path).filter((name) => name !== '.git');
}
