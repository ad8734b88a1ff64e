import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { CreateError } from './create-error.ts';

/** `perigee-0.1.0.tgz` or `perigee-registry-0.1.0.tgz`, as `npm pack` names them. */
const TARBALL = /^perigee(?:-([a-z][a-z-]*))?-\d[^/]*\.tgz$/;

/** The parts of a package.json that make npm install Perigee from files. */
export interface FromTarballs {
  readonly perigee: string;
  /** The packages of Perigee that depend on each other take each other from files, too. */
  readonly overrides: Readonly<Record<string, string>>;
}

/** @throws CreateError if the folder does not have the packed packages */
export function fromTarballs(folder: string): FromTarballs {
  const files = namesIn(folder).flatMap((file) => {
    const [, part] = TARBALL.exec(file) ?? [undefined, null];
    return part === null ? [] : [{ name: part ? `@perigee/${part}` : 'perigee', file }];
  });
  for (const [index, { name, file }] of files.entries()) {
    const other = files.slice(0, index).find((one) => one.name === name);
    if (other)
      throw new CreateError(`${folder} has ${name} twice: ${other.file} and ${file}. Delete one.`);
  }
  const specs = files.map(({ name, file }) => [name, specOf(folder, file)] as const);
  const { perigee, ...overrides } = Object.fromEntries(specs);
  if (perigee === undefined)
    throw new CreateError(
      `${folder} has no packed perigee (perigee-*.tgz). npm pack writes it; --from names its folder.`,
    );
  return { perigee, overrides };
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    throw new CreateError(`The folder ${folder} of --from cannot be read.`);
  }
}

function specOf(folder: string, file: string): string {
  return `file:${resolve(folder, file).replaceAll('\\', '/')}`;
}
