import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { undefinedIfAbsent } from '../absent-file.ts';
import { CommandError } from '../command.ts';

/**
 * Whether a file has other declarations than these, or is absent. The ends of lines do not count,
 * because Git may change them.
 * @throws CommandError if TypeScript would not read the file
 */
export async function isOutOfDate(path: string, text: string): Promise<boolean> {
  await refuseHidden(path);
  const present = await readFile(path, 'utf8').catch(undefinedIfAbsent);
  return present?.replaceAll('\r\n', '\n') !== text;
}

/**
 * Writes declarations. A file that has them already stays as it is, so that nothing that watches it
 * starts again.
 * @returns whether the file changed
 * @throws CommandError if TypeScript would not read the file
 */
export async function writeTypesFile(path: string, text: string): Promise<boolean> {
  if (!(await isOutOfDate(path, text))) return false;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  return true;
}

/**
 * TypeScript leaves out x.d.ts where x.ts or x.tsx is in the same folder.
 * @throws CommandError if such a file is there
 */
async function refuseHidden(path: string): Promise<void> {
  for (const ending of ['.$1ts', '.tsx']) {
    const source = path.replace(/\.d\.([cm]?)ts$/, ending);
    if (source !== path && (await stat(source).catch(undefinedIfAbsent)))
      throw new CommandError(
        `TypeScript would not read ${path}, because ${source} is beside it. Give the file another ` +
          'name with --out, or with types.out of the Vite plugin.',
      );
  }
}
