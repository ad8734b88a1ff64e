import type { Signature } from '../manifest/signature.ts';
import { declareModel } from './declare-model.ts';

/** A model file of the app's sources, by its path with forward slashes. */
export interface ImportedFile {
  readonly path: string;
  readonly signature: Signature;
}

/**
 * The text of a declaration file for a bundler that imports a model file as its URL:
 * `import url from './digits.onnx'`. The file declares modules, so TypeScript takes it as a script:
 * it must stay apart from the file of `writeModelTypes()`. An import is known by the end of its
 * path. The end is long enough to tell the files apart. An import that is shorter is any URL text,
 * as is a file whose whole path is the end of another's.
 * @param command that writes the file; the first line names it
 * @example
 * ```ts
 * writeImportTypes([{ path: 'src/digits.onnx', signature }], 'vite');
 * ```
 */
export function writeImportTypes(files: readonly ImportedFile[], command: string): string {
  const modules = files.flatMap(({ path, signature }) => {
    const ending = ownEnding(path, files);
    if (ending === undefined) return [];
    const type = `${PERIGEE}.ModelUrl<${declareModel({ signature }, '  ')}>`;
    return [moduleText(`*/${ending}`, type)];
  });
  const endings = new Set(files.map(({ path }) => path.slice(path.lastIndexOf('.'))));
  return [
    `// Written by \`${command}\`. Run the command again instead of editing the file.`,
    '/* eslint-disable */',
    ...modules,
    // TypeScript takes the first pattern that fits.
    ...[...endings].toSorted().map((ending) => moduleText(`*${ending}`, 'string')),
    '',
  ].join('\n');
}

/** The attribute lets CommonJS packages import the types of an ES module, too. */
const PERIGEE = 'import("perigee", { with: { "resolution-mode": "import" } })';

function moduleText(pattern: string, type: string): string {
  return [
    `declare module ${JSON.stringify(pattern)} {`,
    `  const url: ${type};`,
    '  export default url;',
    '}',
  ].join('\n');
}

/**
 * The shortest end of the path, in whole names, that no other file has. Undefined if the path of
 * another file ends with the whole path.
 */
function ownEnding(path: string, files: readonly ImportedFile[]): string | undefined {
  const names = path.split('/');
  for (let count = 1; count <= names.length; count += 1) {
    const ending = names.slice(-count).join('/');
    const same = files.filter((other) => `/${other.path}`.endsWith(`/${ending}`));
    if (same.length <= 1) return ending;
  }
  return undefined;
}
