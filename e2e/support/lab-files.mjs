import { build as bundle } from 'esbuild';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const SOURCE = fileURLToPath(new URL('../lab', import.meta.url));

/**
 * Builds the lab page as a user's Vite app without configuration, and its service workers.
 * @param {string} out folder
 */
export async function buildLabFiles(out) {
  await build({
    root: SOURCE,
    configFile: false,
    logLevel: 'warn',
    build: { outDir: out, emptyOutDir: true },
  });
  await buildServiceWorkers(out);
}

/**
 * Builds the service worker in each form that an app may use: one file, as a module or a classic
 * script, or several files.
 * @param {string} out folder
 */
async function buildServiceWorkers(out) {
  const options = /** @type {const} */ ({
    bundle: true,
    minify: true,
    platform: 'browser',
    target: 'es2022',
    logLevel: 'error',
  });
  const source = join(SOURCE, 'service-worker.ts');
  await bundle({
    ...options,
    entryPoints: [source],
    format: 'esm',
    outfile: join(out, 'sw-module.js'),
  });
  await bundle({
    ...options,
    entryPoints: [source],
    format: 'iife',
    outfile: join(out, 'sw-classic.js'),
  });
  await bundle({
    ...options,
    entryPoints: { 'sw-split': source },
    format: 'esm',
    splitting: true,
    outdir: out,
    chunkNames: 'assets/sw-[hash]',
  });
}
