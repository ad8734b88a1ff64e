// Compares the minified and gzipped bytes of what users import with limits. Prints a table.
import { build } from 'esbuild';
import { relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import { ROOT, main, StepError } from './steps.mjs';

/**
 * The first goal was 12 KB. Functions that take a named state read better than closures that share
 * variables. They cost 0.7 KB, because a minifier shortens variables but not properties. The page
 * names every file that workers load, so that bundlers take the workers as they are. That costs
 * 0.4 KB. A load starts its runtime at once and hands compiled wasm on: 0.15 KB. Openings wait for
 * memory within a budget: 0.2 KB. A note tells whether a model by name may run on the page: 0.1 KB.
 * Files count in the budget, too: 0.2 KB.
 */
const MAIN_THREAD_BYTES = 14 * 1024;

const CASES = [
  {
    name: 'perigee, everything on the main thread',
    code: "export * from 'perigee';",
    limitBytes: MAIN_THREAD_BYTES,
  },
  {
    name: 'perigee, loadModel only',
    code: "export { loadModel } from 'perigee';",
    limitBytes: MAIN_THREAD_BYTES,
  },
  {
    name: 'perigee, small models on the page',
    code: "export * from '../packages/core/dist/browser/small-model.js';",
    limitBytes: 42.4 * 1024,
  },
  {
    name: 'perigee, small models by name on the page',
    code: "export * from '../packages/core/dist/browser/small-release.js';",
    limitBytes: 70 * 1024,
  },
  {
    name: 'perigee/offline-app',
    code: "export * from 'perigee/offline-app';",
    limitBytes: 4 * 1024,
  },
  {
    name: 'perigee/service-worker, with Workbox',
    code: "export * from 'perigee/service-worker';",
    limitBytes: 10 * 1024,
  },
  {
    name: '@perigee/profile, what a device needs',
    code:
      'export { createCounters, mergeProfiles, encodeProfile, decodeProfile, encodeBatch, ' +
      "encodeFrame, parseReference } from '@perigee/profile';",
    // Each part of a profile also brings what only collectors use, such as adding encoded counts.
    // That costs 0.6 KB, and a field of a profile is listed once. The grids by which features are
    // counted cost 0.7 KB, and counting a row takes a sixth of the time.
    limitBytes: 7.5 * 1024,
  },
  {
    name: '@perigee/react without the devtools',
    code: "export * from '@perigee/react';",
    limitBytes: 2 * 1024,
    // An app has these already.
    peers: ['perigee', 'react'],
  },
  {
    name: '@perigee/vue',
    code: "export * from '@perigee/vue';",
    limitBytes: 2.25 * 1024,
    peers: ['perigee', 'vue'],
  },
  {
    name: '@perigee/svelte',
    code: "export * from '@perigee/svelte';",
    limitBytes: 2.25 * 1024,
    peers: ['perigee', 'svelte', 'svelte/reactivity', 'svelte/store'],
  },
  {
    name: '@perigee/react/devtools in production',
    code: "export { PerigeeDevtools } from '@perigee/react/devtools';",
    limitBytes: 128,
    peers: ['perigee', 'react', 'react/jsx-runtime'],
  },
];

await main(async () => {
  const rows = [];
  for (const { name, code, limitBytes, peers = [] } of CASES) {
    const { outputFiles, metafile } = await build({
      stdin: { contents: code, resolveDir: `${ROOT}/bench`, loader: 'js' },
      bundle: true,
      splitting: true,
      outdir: ROOT,
      minify: true,
      write: false,
      metafile: true,
      absWorkingDir: ROOT,
      format: 'esm',
      platform: 'browser',
      target: 'es2022',
      legalComments: 'none',
      external: peers,
    });
    const chunks = new Map(
      outputFiles.map(({ path, contents }) => [relative(ROOT, path), contents]),
    );
    const bytes = atStart(metafile, peers).reduce(
      (sum, path) => sum + gzipSync(chunks.get(path) ?? '', { level: 9 }).byteLength,
      0,
    );
    rows.push({ name, bytes, limitBytes });
  }
  for (const { name, bytes, limitBytes } of rows)
    console.log(`${name.padEnd(45)} ${String(bytes).padStart(6)} B of ${limitBytes} B`);
  const over = rows.filter(({ bytes, limitBytes }) => bytes > limitBytes);
  if (over.length > 0)
    throw new StepError(
      over
        .map(
          ({ name, bytes, limitBytes }) =>
            `${name}: ${bytes} bytes min+gzip, the limit is ${limitBytes}.`,
        )
        .join('\n'),
    );
  console.log(`largest main-thread bundle ${rows[0]?.bytes} B`);
});

/**
 * The entry chunk and its static imports. Dynamic imports do not delay a first prediction.
 * @param {import('esbuild').Metafile} metafile
 * @param {readonly string[]} peers may be imported, and do not count
 */
function atStart({ outputs }, peers) {
  const paths = Object.keys(outputs).filter((path) => outputs[path]?.entryPoint === '<stdin>');
  for (const path of paths) {
    for (const { path: imported, kind, external } of outputs[path]?.imports ?? []) {
      if (kind !== 'import-statement') continue;
      if (external && peers.includes(imported)) continue;
      if (external)
        throw new StepError(
          `${imported} is imported at the start of the main thread, and was left out of the sum.`,
        );
      if (!paths.includes(imported)) paths.push(imported);
    }
  }
  return paths;
}
