// Rules of the layout, checked on the compiled JavaScript, which has no imports of types: no
// run-time cycle, packages depend in one direction, the main-thread part of core stays thin, and no
// module imports its own package's index.
import { init, parse } from 'es-module-lexer';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { findCycle } from './find-cycle.mjs';
import { faultsOfFolders } from './folder-cycles.mjs';
import { linesOfCode } from './lines-of-code.mjs';
import { ROOT, main, StepError } from './steps.mjs';

/** The packages of this repository that each package may import. */
const MAY_IMPORT = {
  registry: [],
  profile: [],
  core: ['registry', 'profile'],
  collector: ['registry', 'profile'],
  cli: ['registry', 'profile', 'core', 'collector'],
};
const PACKAGE_OF = {
  perigee: 'core',
  '@perigee/registry': 'registry',
  '@perigee/profile': 'profile',
  '@perigee/collector': 'collector',
  '@perigee/cli': 'cli',
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
const MAX_LINES = 400;

await main(async () => {
  await init;
  const faults = [];
  const graph = new Map();
  for (const name of Object.keys(MAY_IMPORT)) {
    const dist = join(ROOT, 'packages', name, 'dist');
    for (const file of filesUnder(dist).filter(
      (path) => path.endsWith('.js') && !path.includes('dashboard'),
    )) {
      const imports = importsOf(file);
      graph.set(
        file,
        imports
          .filter((item) => item.specifier.startsWith('.'))
          .map((item) => ({ ...item, file: resolve(dirname(file), item.specifier) })),
      );
      for (const { specifier } of imports) {
        const target = Object.keys(PACKAGE_OF).find(
          (known) => specifier === known || specifier.startsWith(`${known}/`),
        );
        const owner = target && PACKAGE_OF[target];
        if (owner && owner !== name && !MAY_IMPORT[name].includes(owner))
          faults.push(
            `${show(file)} imports ${specifier}: ${name} may import ` +
              `${MAY_IMPORT[name].join(', ') || 'none of our packages'}.`,
          );
        if (specifier.startsWith('.') && !resolve(dirname(file), specifier).startsWith(dist))
          faults.push(`${show(file)} reaches into another package: ${specifier}`);
        if (
          resolve(dirname(file), specifier) === join(dist, 'index.js') &&
          specifier.startsWith('.')
        )
          faults.push(`${show(file)} imports its own package's index; import the file itself.`);
      }
    }
  }
  // A dynamic import cannot make a cycle at start.
  const cycle = findCycle(graph.keys(), (file) =>
    (graph.get(file) ?? []).filter(({ dynamic }) => !dynamic).map(({ file: next }) => next),
  );
  if (cycle) faults.push(`run-time import cycle: ${cycle.map(show).join(' → ')}`);
  faults.push(...faultsOfFolders(graph, ROOT));
  faults.push(...faultsOfWorkers(graph));
  for (const file of reachable(graph, join(ROOT, MAIN_ENTRY))) {
    const folder = folderOfCore(file);
    if (WORKER_FOLDERS.includes(folder))
      faults.push(
        `${show(file)} runs in a worker but is reached from ${MAIN_ENTRY}; the main thread ` +
          'may import its types only.',
      );
  }
  for (const file of [
    'packages',
    'demo/src',
    'e2e',
    'bench',
    'campaigns',
    'models',
    'scripts',
  ].flatMap((folder) => filesUnder(join(ROOT, folder)))) {
    if (!/\.(ts|tsx|mjs)$/.test(file) || /(\/dist\/|node_modules|\.test\.|\.d\.ts)/.test(file))
      continue;
    const lines = linesOfCode(readFileSync(file, 'utf8'));
    if (lines > MAX_LINES)
      faults.push(
        `${show(file)} has ${lines} lines of code; more than ${MAX_LINES} is more than one thing.`,
      );
  }
  if (faults.length > 0) throw new StepError(faults.join('\n'));
  console.log(`${graph.size} modules`);
});

function importsOf(file) {
  const [imports] = parse(readFileSync(file, 'utf8'));
  return imports
    .filter(({ n }) => n !== undefined)
    .map(({ n, d }) => ({ specifier: n, dynamic: d > -1 }));
}

/** Workers import nothing of the page. */
function faultsOfWorkers(graph) {
  const faults = [];
  for (const [file, imports] of graph) {
    if (!WORKER_FOLDERS.includes(folderOfCore(file))) continue;
    for (const { file: target } of imports)
      if (folderOfCore(target) === 'main')
        faults.push(`${show(file)} runs in a worker and imports ${show(target)}, of the page.`);
  }
  return faults;
}

function folderOfCore(file) {
  return relative(join(ROOT, 'packages/core/dist'), file).split('/')[0];
}

function reachable(graph, entry) {
  const seen = new Set([entry, join(ROOT, 'packages/core/dist/runtime/browser.js')]);
  for (const file of seen) for (const { file: next } of graph.get(file) ?? []) seen.add(next);
  return seen;
}

function filesUnder(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.name === 'node_modules' || entry.name.startsWith('.')) return [];
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesUnder(path) : [path];
  });
}

function show(file) {
  return relative(ROOT, file);
}
