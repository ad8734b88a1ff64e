// Packs every published package once, and checks what a user of npm would get: the list of files,
// the files that package.json and source maps name, package.json itself (publint), and how
// TypeScript resolves the types (attw). `--into <folder>` keeps the packages, and a list of their
// files in `packed.json`.
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { problemAffectsResolutionKind } from '@arethetypeswrong/core/problems';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, posix, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { publishedPackages } from './packages.mjs';
import { main, ROOT, run, StepError } from './steps.mjs';

const { into } = parseArgs({ options: { into: { type: 'string' } } }).values;
/** Relative to the root, where the scripts run, because the absolute path might contain spaces. */
const PACKED = into === undefined ? join('.perigee', 'packed') : relative(ROOT, into);
/** Files that belong to the repository and not to its users. */
const NOT_FOR_USERS =
  /\.(test|fixture|contract|campaign|script|preload)\.|\/fixtures\/|tsbuildinfo/;
/** The condition for development leads to src, all others to dist. */
const SOURCE_CONDITION = '@perigee/source';
/** Files that every package has to contain. */
const FOR_USERS = ['LICENSE', 'README.md', 'package.json'];
/** @typedef {import('./packages.mjs').Manifest} Manifest */
/** @typedef {readonly string[]} Paths of the files in a package */

/** TypeScript's older ways to resolve packages are not supported. */
const SUPPORTED_RESOLUTIONS = /** @type {const} */ (['node16-esm', 'node16-cjs', 'bundler']);
/** Most entry points are ES modules only, which Node loads with require() too. */
const ALLOWED_PROBLEM = 'CJSResolvesToESM';

await main(async () => {
  const packages = publishedPackages();
  if (into === undefined) rmSync(PACKED, { recursive: true, force: true });
  mkdirSync(PACKED, { recursive: true });
  try {
    /** @type {string[]} */
    const faults = [];
    const packed = await packAll();
    for (const { folder, manifest } of packages) {
      const { name } = manifest;
      const { files, tarball } = packed.get(name) ?? missing(name);
      const found = [
        ...faultsOfFiles(files),
        ...faultsOfTargets(manifest, files),
        ...faultsOfMaps(folder, files),
        ...faultsOfLicence(folder),
        ...(await faultsOfManifest(manifest, tarball)),
        ...(Object.keys(manifest.exports).length > 0 ? await faultsOfTypes(tarball) : []),
      ];
      faults.push(...found.map((fault) => `${name}: ${fault}`));
    }
    if (faults.length > 0) throw new StepError(faults.join('\n'));
    console.log(`${packages.length} packages`);
  } finally {
    if (into === undefined) rmSync(PACKED, { recursive: true, force: true });
  }
});

/** Runs `npm pack` once for all workspaces under packages/. */
async function packAll() {
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const workspaces = publishedPackages().map(({ manifest }) => `--workspace=${manifest.name}`);
  const args = ['pack', '--json', '--loglevel=error', '--pack-destination', PACKED, ...workspaces];
  const { output } = await run(npm, args);
  // npm 12 answers with an object by package name, earlier versions with a list.
  /** @type {{ filename: string, files: { path: string }[], name: string }[]} */
  const packed = Object.values(JSON.parse(output.slice(output.search(/^[[{]/m))));
  if (into !== undefined) writeFileSync(join(PACKED, 'packed.json'), JSON.stringify(packed));
  return new Map(
    packed.map(({ filename, files, name }) => [
      name,
      { files: files.map(({ path }) => path), tarball: readFileSync(join(PACKED, filename)) },
    ]),
  );
}

/**
 * @param {string} name
 * @returns {never}
 */
function missing(name) {
  throw new StepError(`npm packed no ${name}.`);
}

/** @param {Paths} files */
function faultsOfFiles(files) {
  const extra = files.filter((path) => NOT_FOR_USERS.test(path));
  const missing = FOR_USERS.filter((path) => !files.includes(path));
  return [
    ...extra.map((path) => `${path} is packed; leave it out with "files" in package.json.`),
    ...missing.map((path) => `${path} is missing in the package.`),
  ];
}

/**
 * Checks that each file that package.json names is packed, and is where its condition leads.
 * @param {Manifest} manifest
 * @param {Paths} files
 */
function faultsOfTargets({ exports, imports }, files) {
  const named = targets({ exports, imports }).filter(({ path }) => !path.includes('*'));
  // With the condition for development, a name may lead to another package.
  const isPackage = /^[a-z@][\w-]*$/;
  const own = named.filter(
    ({ path, condition }) => condition !== SOURCE_CONDITION || !isPackage.test(path),
  );
  return own.flatMap(({ path, condition }) => {
    const folders = condition === SOURCE_CONDITION ? ['src/'] : ['dist/', 'cjs/'];
    return [
      ...(files.includes(path) ? [] : [`package.json names ${path}, which is not packed`]),
      ...(folders.some((folder) => path.startsWith(folder)) || path === 'package.json'
        ? []
        : [`the condition "${condition}" leads to ${path}`]),
    ];
  });
}

/**
 * Each file that package.json names, and the condition before it.
 * @param {unknown} value
 * @param {string} condition
 * @returns {{ path: string, condition: string }[]}
 */
function targets(value, condition = '') {
  if (typeof value === 'string') return [{ path: posix.normalize(value), condition }];
  return Object.entries(value ?? {}).flatMap(([key, inner]) => targets(inner, key));
}

/**
 * Checks that the sources of each source map are packed.
 * @param {string} folder
 * @param {Paths} files
 */
function faultsOfMaps(folder, files) {
  const packed = new Set(files);
  /** @param {string} map */
  const sourcesOf = (map) => {
    /** @type {{ sources: string[] }} */
    const { sources } = JSON.parse(readFileSync(join(folder, map), 'utf8'));
    return sources.map((source) => posix.join(posix.dirname(map), source));
  };
  return files
    .filter((path) => path.endsWith('.map'))
    .flatMap((map) => sourcesOf(map).map((source) => ({ map, source })))
    .filter(({ source }) => !packed.has(source))
    .map(({ map, source }) => `${map} names ${source}, which is not packed`);
}

/** @param {string} folder */
function faultsOfLicence(folder) {
  const same = readFileSync(join(folder, 'LICENSE')).equals(readFileSync(join(ROOT, 'LICENSE')));
  return same ? [] : ['LICENSE differs from the LICENSE of the repository; copy it.'];
}

/**
 * @param {Manifest} manifest
 * @param {Uint8Array<ArrayBuffer>} packed
 */
async function faultsOfManifest(manifest, packed) {
  const { buffer, byteOffset, byteLength } = packed;
  const tarball = buffer.slice(byteOffset, byteOffset + byteLength);
  const { messages } = await publint({ pkgDir: 'package', strict: true, pack: { tarball } });
  return messages
    .filter(({ type }) => type !== 'suggestion')
    .map((message) => `publint: ${formatMessage(message, manifest, { color: false })}`);
}

/** @param {Uint8Array} tarball */
async function faultsOfTypes(tarball) {
  const analysis = await checkPackage(createPackageFromTarballData(new Uint8Array(tarball)));
  if (!analysis.types) return ['attw: the package has no types.'];
  return analysis.problems
    .filter(({ kind }) => kind !== ALLOWED_PROBLEM)
    .filter((problem) =>
      SUPPORTED_RESOLUTIONS.some((kind) => problemAffectsResolutionKind(problem, kind, analysis)),
    )
    .map((problem) => `attw: ${JSON.stringify(problem)}`);
}
