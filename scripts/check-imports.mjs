// Rules of the layout, checked on the compiled JavaScript, which has no imports of types: no
// run-time cycle, packages depend in one direction, the main-thread part of core stays thin, and no
// module imports its own package's index. Doors that pages open reach no module of Node.
import { init, parse } from 'es-module-lexer';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { findCycle } from './find-cycle.mjs';
import { faultsOfFolders } from './folder-cycles.mjs';
import { linesOfCode } from './lines-of-code.mjs';
import { ROOT, main, StepError } from './steps.mjs';

/**
 * The packages of this repository that each package may import.
 * @type {Readonly<Record<string, readonly string[]>>}
 */
const MAY_IMPORT = {
  registry: [],
  profile: [],
  core: ['registry', 'profile'],
  collector: ['registry', 'profile'],
  cli: ['registry', 'profile', 'core', 'collector'],
  bindings: ['core'],
  react: ['core', 'bindings'],
  vite: ['cli'],
  svelte: ['core', 'bindings'],
  vue: ['core', 'bindings'],
  'create-perigee': [],
};
/** @type {Readonly<Record<string, string>>} */
const PACKAGE_OF = {
  perigee: 'core',
  '@perigee/registry': 'registry',
  '@perigee/profile': 'profile',
  '@perigee/collector': 'collector',
  '@perigee/cli': 'cli',
  '@perigee/bindings': 'bindings',
  '@perigee/react': 'react',
  '@perigee/vite': 'vite',
  '@perigee/svelte': 'svelte',
  '@perigee/vue': 'vue',
  'create-perigee': 'create-perigee',
};
/**
 * Folders of core that run in workers. A main-thread file that imports one would pull a worker's
 * code onto the page.
 */
const WORKER_FOLDERS = [
  'inference',
  'updater',
  'engines',
  'pipeline',
  'store',
  'telemetry',
  'in-place',
];
/** The entry module of the main thread. */
const MAIN_ENTRY = 'packages/core/dist/index.js';
/**
 * Doors that browsers open too, of packages that otherwise run in Node, and the other packages that
 * they may import.
 * @type {Readonly<Record<string, readonly string[]>>}
 */
const ISOMORPHIC = {
  'packages/collector/dist/analysis.js': ['@perigee/registry', '@perigee/profile', '@noble/hashes'],
};
const MAX_LINES = 400;

/** Folders whose files may not be longer than `MAX_LINES`. */
const SOURCES = ['packages', 'demo/src', 'ui', 'e2e', 'bench', 'campaigns', 'models', 'scripts'];

/** @typedef {{ specifier: string, dynamic: boolean }} Import */
/** @typedef {import('./folder-cycles.mjs').ModuleGraph} ModuleGraph */

await main(async () => {
  await init;
  /** @type {string[]} */
  const faults = [];
  /** @type {Map<string, (Import & { file: string })[]>} */
  const graph = new Map();
  for (const name of Object.keys(MAY_IMPORT)) {
    const dist = join(ROOT, 'packages', name, 'dist');
    for (const file of modulesUnder(dist)) {
      const imports = importsOf(file);
      const own = imports.filter(({ specifier }) => specifier.startsWith('.'));
      graph.set(
        file,
        own.map((item) => ({ ...item, file: resolve(dirname(file), item.specifier) })),
      );
      faults.push(...faultsOfPackages(file, name, imports), ...faultsOfPaths(file, dist, own));
    }
  }
  // A dynamic import cannot make a cycle at start.
  const cycle = findCycle(graph.keys(), (file) =>
    (graph.get(file) ?? []).filter(({ dynamic }) => !dynamic).map(({ file: next }) => next),
  );
  if (cycle) faults.push(`run-time import cycle: ${cycle.map(show).join(' → ')}`);
  faults.push(...faultsOfFolders(graph, ROOT), ...faultsOfWorkers(graph), ...faultsOfPage(graph));
  faults.push(...faultsOfDoors(graph), ...longFiles());
  if (faults.length > 0) throw new StepError(faults.join('\n'));
  console.log(`${graph.size} modules`);
});

/**
 * @param {string} file
 * @returns {Import[]}
 */
function importsOf(file) {
  const [imports] = parse(readFileSync(file, 'utf8'));
  return imports.flatMap(({ n, d }) =>
    n === undefined ? [] : [{ specifier: n, dynamic: d > -1 }],
  );
}

/**
 * Packages import each other in one direction.
 * @param {string} file
 * @param {string} name of its package
 * @param {readonly Import[]} imports
 */
function faultsOfPackages(file, name, imports) {
  const allowed = MAY_IMPORT[name] ?? [];
  return imports.flatMap(({ specifier }) => {
    const known = Object.keys(PACKAGE_OF).find(
      (one) => specifier === one || specifier.startsWith(`${one}/`),
    );
    const owner = PACKAGE_OF[known ?? ''];
    if (!owner || owner === name || allowed.includes(owner)) return [];
    const names = allowed.join(', ') || 'none of our packages';
    return [`${show(file)} imports ${specifier}: ${name} may import ${names}.`];
  });
}

/**
 * A relative path stays in its package, and does not name the package's index.
 * @param {string} file
 * @param {string} dist folder of its package
 * @param {readonly Import[]} imports with a relative path
 */
function faultsOfPaths(file, dist, imports) {
  return imports.flatMap(({ specifier }) => {
    const target = resolve(dirname(file), specifier);
    if (!target.startsWith(dist))
      return [`${show(file)} reaches into another package: ${specifier}`];
    if (target === join(dist, 'index.js'))
      return [`${show(file)} imports its own package's index; import the file itself.`];
    return [];
  });
}

/**
 * Workers import nothing of the page.
 * @param {ModuleGraph} graph
 */
function faultsOfWorkers(graph) {
  const faults = [];
  for (const [file, imports] of graph) {
    if (!isOfWorker(file)) continue;
    for (const { file: target } of imports)
      if (folderOfCore(target) === 'main')
        faults.push(`${show(file)} runs in a worker and imports ${show(target)}, of the page.`);
  }
  return faults;
}

/**
 * The page imports nothing of the workers.
 * @param {ModuleGraph} graph
 */
function faultsOfPage(graph) {
  const entries = [MAIN_ENTRY, 'packages/core/dist/runtime/browser.js'];
  return [
    ...reachable(
      graph,
      entries.map((entry) => join(ROOT, entry)),
    ),
  ]
    .filter(isOfWorker)
    .map(
      (file) =>
        `${show(file)} runs in a worker but is reached from ${MAIN_ENTRY}; the main thread may ` +
        'import its types only.',
    );
}

/**
 * A door for browsers reaches no module of Node, and only packages that run in browsers.
 * @param {ModuleGraph} graph
 */
function faultsOfDoors(graph) {
  return Object.entries(ISOMORPHIC).flatMap(([door, allowed]) =>
    [...reachable(graph, [join(ROOT, door)])].flatMap((file) =>
      importsOf(file)
        .filter(({ specifier }) => !specifier.startsWith('.'))
        .filter(({ specifier }) =>
          allowed.every((name) => specifier !== name && !specifier.startsWith(`${name}/`)),
        )
        .map(
          ({ specifier }) =>
            `${show(file)} imports ${specifier}, but ${door} reaches it, which browsers open: it ` +
            `may import ${allowed.join(', ')}.`,
        ),
    ),
  );
}

function longFiles() {
  const files = SOURCES.flatMap((folder) => filesUnder(join(ROOT, folder))).filter(
    (file) =>
      /\.(ts|tsx|mjs)$/.test(file) && !/(\/dist\/|node_modules|\.test\.|\.d\.ts)/.test(file),
  );
  return files.flatMap((file) => {
    const lines = linesOfCode(readFileSync(file, 'utf8'));
    if (lines <= MAX_LINES) return [];
    return [`${show(file)} has ${lines} lines of code; a file has at most ${MAX_LINES}.`];
  });
}

/** @param {string} file */
function isOfWorker(file) {
  return WORKER_FOLDERS.includes(folderOfCore(file));
}

/** @param {string} file */
function folderOfCore(file) {
  return relative(join(ROOT, 'packages/core/dist'), file).split('/')[0] ?? '';
}

/**
 * @param {ModuleGraph} graph
 * @param {readonly string[]} entries
 */
function reachable(graph, entries) {
  const seen = new Set(entries);
  for (const file of seen) for (const { file: next } of graph.get(file) ?? []) seen.add(next);
  return seen;
}

/** @param {string} dist */
function modulesUnder(dist) {
  const isBundled = /[\\/](dashboard|core[\\/]dist[\\/](browser|node))[\\/]/;
  return filesUnder(dist).filter((path) => path.endsWith('.js') && !isBundled.test(path));
}

/**
 * @param {string} folder
 * @returns {string[]}
 */
function filesUnder(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.name === 'node_modules' || entry.name.startsWith('.')) return [];
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesUnder(path) : [path];
  });
}

/** @param {string} file */
function show(file) {
  return relative(ROOT, file);
}
