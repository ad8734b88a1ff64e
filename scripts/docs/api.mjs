// The reference of the API: one page for each door of a package, made of types and docstrings.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { node, ROOT } from '../steps.mjs';

/** The doors by the import of an app, with the file that each is. */
const DOORS = {
  perigee: 'packages/core/src/index.ts',
  'perigee/float16': 'packages/core/src/float16.ts',
  'perigee/offline-app': 'packages/core/src/offline/offline-app.ts',
  'perigee/service-worker': 'packages/core/src/offline/service-worker.ts',
  '@perigee/react': 'packages/react/src/index.ts',
  '@perigee/react/devtools': 'packages/react/src/devtools/index.ts',
  '@perigee/vue': 'packages/vue/src/index.ts',
  '@perigee/svelte': 'packages/svelte/src/index.ts',
  '@perigee/bindings': 'packages/bindings/src/index.ts',
  '@perigee/vite': 'packages/vite/src/index.ts',
};

/** TypeDoc names a module by its file, so each door gets a file with its name. */
const ENTRIES = join(ROOT, '.perigee', 'api-doors');
const { resolve } = createRequire(join(ROOT, 'docs', 'package.json'));
const TYPEDOC = join(dirname(resolve('typedoc')), '..', 'bin', 'typedoc');

/** @param {string} folder to write the pages into */
export async function writeApi(folder) {
  rmSync(ENTRIES, { recursive: true, force: true });
  const files = Object.entries(DOORS).map(([name, source]) => {
    const file = join(ENTRIES, `${name}.ts`);
    mkdirSync(dirname(file), { recursive: true });
    const path = relative(dirname(file), join(ROOT, source)).replaceAll('\\', '/');
    writeFileSync(file, `export * from '${path}';\n`);
    return file;
  });
  await node(TYPEDOC, ['--options', join(ROOT, 'docs', 'typedoc.json'), '--out', folder, ...files]);
  // docs/reference/index.md lists the doors with what each is for.
  rmSync(join(folder, 'index.md'));
}
