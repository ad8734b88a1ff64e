// Maps files of src to the files of dist that they become, and back.
import { normalizePath } from 'vite';
import { ROOT } from '../steps.mjs';

const PACKAGES = `${normalizePath(ROOT)}/packages/`;
const SOURCE = /^([^/]+)\/src\/(.+)\.ts$/;
const COMPILED = /^([^/]+)\/dist\/(.+)\.js$/;
/** Files that only tests use. They are not compiled. */
const FOR_TESTS = /\.(test|fixture|contract|campaign)\.ts$/;

/** Path of the compiled file, or undefined where the path is no source file of a package. */
export function compiledOf(path: string): string | undefined {
  if (FOR_TESTS.test(path)) return undefined;
  return replace(path, SOURCE, (name, file) => `${name}/dist/${file}.js`);
}

/** Path of the source file, or undefined where the path is no compiled file of a package. */
export function sourceOf(path: string): string | undefined {
  return replace(path, COMPILED, (name, file) => `${name}/src/${file}.ts`);
}

function replace(
  path: string,
  form: RegExp,
  write: (name: string, file: string) => string,
): string | undefined {
  const normal = normalizePath(path);
  if (!normal.startsWith(PACKAGES)) return undefined;
  const [, name, file] = form.exec(normal.slice(PACKAGES.length)) ?? [];
  return name === undefined || file === undefined ? undefined : PACKAGES + write(name, file);
}
