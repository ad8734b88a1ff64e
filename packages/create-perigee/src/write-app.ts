import { cp, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FromTarballs } from './tarballs.ts';
import type { Template } from './templates.ts';

const PACKAGE = fileURLToPath(new URL('../', import.meta.url));

interface App {
  readonly path: string;
  readonly name: string;
  readonly template: Template;
  readonly tarballs: FromTarballs | undefined;
}

/** Writes the files of an app into an empty folder. Rejects rather than overwrite a file. */
export async function writeApp({ path, name, template, tarballs }: App): Promise<void> {
  await mkdir(path, { recursive: true });
  for (const [from, to] of template.layers)
    await cp(join(PACKAGE, 'templates', from), join(path, to), {
      recursive: true,
      force: false,
      errorOnExist: true,
    });
  // npm leaves files named .gitignore out of packages.
  await rename(join(path, '_gitignore'), join(path, '.gitignore'));

  const file = join(path, 'package.json');
  const manifest = JSON.parse(await readFile(file, 'utf8'));
  manifest.name = name;
  manifest.dependencies = {
    perigee: tarballs?.perigee ?? `^${await ownVersion()}`,
    ...manifest.dependencies,
  };
  if (tarballs) manifest.overrides = tarballs.overrides;
  await writeFile(file, `${JSON.stringify(manifest, null, 2)}\n`);
}

/** This package has the version of `perigee`. */
export async function ownVersion(): Promise<string> {
  const { version } = JSON.parse(await readFile(join(PACKAGE, 'package.json'), 'utf8'));
  return version;
}
