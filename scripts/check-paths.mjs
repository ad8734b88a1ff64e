// Paths that the documentation names in backticks exist. A path may leave out its first folders.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, main, StepError } from './steps.mjs';

/** Documents about the code. All paths in them are files and folders of this repository. */
const MAPS = /^(ARCHITECTURE|CONTRIBUTING|bench\/README|docs\/internals\/.+)\.md$/;
/** Documents for users. They also name the user's own files and URLs, which are not checked. */
const GUIDES = /^(README|docs\/(?!internals\/).+|packages\/[^/]+\/README)\.md$/;
/** In a map, between two backticks: a source file, a document, or a folder with a slash. */
const IS_PATH = /^[\w.*{},/-]*[\w*}](\.(ts|tsx|mjs|md)|\/)$/;
/** In every document: a word of a command that begins with a folder of this repository. */
const IS_FULL_PATH = /^(packages|scripts|campaigns|bench|deploy|docs|e2e|etc|ui)\/[\w.*{},/-]+$/;
/** Folders that programs make. They are not searched, and paths in them are not checked. */
const SKIPPED = new Set([
  '.git',
  '.perigee',
  'coverage',
  'dist',
  'generated',
  'node_modules',
  'test-results',
]);

await main(async () => {
  const files = filesIn('');
  const known = [...new Set(files.flatMap((file) => [file, ...foldersOf(file)]))];
  const documents = files.filter((file) => MAPS.test(file) || GUIDES.test(file));
  const faults = documents.flatMap((document) =>
    pathsIn(document)
      .filter(({ path }) => !exists(path, known))
      .map(({ path, line }) => `${document}:${line} names ${path}, which does not exist.`),
  );
  if (faults.length > 0) throw new StepError(faults.join('\n'));
  console.log(`${documents.length} documents name paths that exist.`);
});

/**
 * Paths of all files in a folder, relative to the repository.
 * @param {string} folder '' or a path with a slash at its end
 * @returns {string[]}
 */
function filesIn(folder) {
  return readdirSync(join(ROOT, folder), { withFileTypes: true })
    .filter(({ name }) => !SKIPPED.has(name))
    .flatMap((entry) =>
      entry.isDirectory() ? filesIn(`${folder}${entry.name}/`) : [`${folder}${entry.name}`],
    );
}

/**
 * The folders that contain a file, each with a slash at its end.
 * @param {string} file
 */
function foldersOf(file) {
  const parts = file.split('/').slice(0, -1);
  return parts.map((_, index) => `${parts.slice(0, index + 1).join('/')}/`);
}

/** @param {string} word */
function isFullPath(word) {
  return IS_FULL_PATH.test(word);
}

/** @param {string} document */
function pathsIn(document) {
  const isMap = MAPS.test(document);
  const lines = readFileSync(join(ROOT, document), 'utf8').split('\n');
  return lines.flatMap((text, index) =>
    [...text.matchAll(/`([^`]+)`/g)]
      .flatMap(([, code = '']) =>
        isMap && IS_PATH.test(code) ? [code] : code.split(' ').filter(isFullPath),
      )
      .filter((path) => !path.split('/').some((name) => SKIPPED.has(name)))
      .flatMap(withoutBraces)
      .map((path) => ({ path, line: index + 1 })),
  );
}

/**
 * `{a,b}.ts` names `a.ts` and `b.ts`.
 * @param {string} path
 * @returns {string[]}
 */
function withoutBraces(path) {
  const [whole, before = '', words = '', after = ''] = /^(.*?)\{([^}]*)\}(.*)$/.exec(path) ?? [];
  if (whole === undefined) return [path];
  return words.split(',').flatMap((word) => withoutBraces(before + word + after));
}

/**
 * @param {string} path `*` stands for any part of a name
 * @param {readonly string[]} known files and folders
 */
function exists(path, known) {
  const escaped = path.replaceAll('.', String.raw`\.`).replaceAll('*', '[^/]*');
  const pattern = new RegExp(`(^|/)${escaped}/?$`);
  return known.some((one) => pattern.test(one));
}
