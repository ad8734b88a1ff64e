import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const root = fileURLToPath(new URL('../stores/', import.meta.url));

/** The worker that holds a browser's stores to their contract, in one file of this folder. */
export async function buildStores(out) {
  await build({
    root,
    configFile: false,
    logLevel: 'warn',
    resolve: { alias: { vitest: `${root}vitest.ts` } },
    build: { outDir: out, emptyOutDir: true, target: 'es2022', lib: { entry: 'worker.ts', formats: ['es'], fileName: 'worker' } },
  });
}
