import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Whether a file has this text, apart from the ends of lines, which Git may change. */
export async function hasText(path: string, text: string): Promise<boolean> {
  const present = await readFile(path, 'utf8').catch(() => '');
  return present.replaceAll('\r\n', '\n') === text;
}

/**
 * Writes declarations. A file that has them already stays as it is, so that nothing that watches it
 * starts again.
 * @returns whether the file changed
 */
export async function writeTypesFile(path: string, text: string): Promise<boolean> {
  if (await hasText(path, text)) return false;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  return true;
}
