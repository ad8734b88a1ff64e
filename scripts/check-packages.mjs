// Checks what `npm pack` puts into each package: every file that package.json or a source map
// names, and nothing that only tests use. The condition for development leads to src, all others to
// dist.
import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { ROOT, main, run, StepError } from './steps.mjs';

const FOLDERS = ['registry', 'profile', 'core', 'collector', 'cli'];
const SOURCE_CONDITION = '@perigee/source';
const FOR_TESTS = /\.(test|fixture|contract|campaign|script|preload)\.|\/fixtures\/|tsbuildinfo/;
const NPM = process.platform === 'win32' ? 'npm.cmd' : 'npm';

await main(async () => {
  const faults = [];
  let count = 0;
  const packed = await pack();
  for (const folder of FOLDERS) {
    const root = join(ROOT, 'packages', folder);
    const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const files = packed.get(manifest.name);
    count += files.size;
    faults.push(...faultsOf(root, manifest, files).map((fault) => `packages/${folder}: ${fault}`));
  }
  if (faults.length > 0) throw new StepError(faults.join('\n'));
  console.log(`${count} files`);
});

/** The paths of the files that would be packed, by the name of the package. */
async function pack() {
  const workspaces = FOLDERS.flatMap((folder) => ['--workspace', `packages/${folder}`]);
  const options = ['--dry-run', '--json', '--ignore-scripts', '--loglevel=error'];
  const { output } = await run(NPM, ['pack', ...workspaces, ...options]);
  const paths = (files) => new Set(files.map(({ path }) => path));
  return new Map(Object.values(JSON.parse(output)).map(({ name, files }) => [name, paths(files)]));
}

function faultsOf(root, { exports, imports }, files) {
  const testFiles = [...files].filter((path) => FOR_TESTS.test(path));
  const faults = testFiles.map((path) => `${path} is for tests`);
  for (const { path, condition } of targets({ exports, imports })) {
    if (!files.has(path)) faults.push(`package.json names ${path}, which is not packed`);
    const folder = condition === SOURCE_CONDITION ? 'src/' : 'dist/';
    if (!path.startsWith(folder)) faults.push(`the condition "${condition}" leads to ${path}`);
  }
  for (const map of [...files].filter((path) => path.endsWith('.map'))) {
    for (const source of sourcesOf(root, map)) {
      if (!files.has(source)) faults.push(`${map} names ${source}, which is not packed`);
    }
  }
  return faults;
}

/** Each file that package.json names, and the condition before it. */
function targets(value, condition = '') {
  if (typeof value === 'string') return [{ path: posix.normalize(value), condition }];
  return Object.entries(value ?? {}).flatMap(([key, inner]) => targets(inner, key));
}

function sourcesOf(root, map) {
  const { sources } = JSON.parse(readFileSync(join(root, map), 'utf8'));
  return sources.map((source) => posix.join(posix.dirname(map), source));
}
