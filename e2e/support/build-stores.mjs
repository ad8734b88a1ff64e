import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const root = fileURLToPath(new URL('../stores/', import.meta.url));

/**
 * Bundles the worker that runs the contract of the stores in a browser into one file.
 * @param {string} out folder
 */
export async function buildStores(out) {
  await build({
    root,
    configFile: false,
    logLevel: 'warn',
    resolve: { alias: { vitest: `${root}vitest.ts` } },
    build: {
      outDir: out,
      emptyOutDir: true,
      target: 'es2022',
      lib: { entry: 'worker.ts', formats: ['es'], fileName: 'worker' },
    },
  });
}
