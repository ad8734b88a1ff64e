import { build as bundle } from 'esbuild';
import type { BuildOptions } from 'esbuild';
import { join } from 'node:path';
import { build } from 'vite';
import { buildOfflineApp } from './build-offline-app.ts';
import { buildStores } from './build-stores.mjs';
import { LAB, STORES } from './paths.ts';

/**
 * Runs before all journeys: builds the lab page as a user's Vite app without configuration, the app
 * that is kept for offline use, and the contract of the stores.
 */
export default async function buildLab(): Promise<void> {
  await build({
    root: LAB.source,
    configFile: false,
    logLevel: 'warn',
    build: { outDir: LAB.built, emptyOutDir: true },
  });
  await buildServiceWorkers();
  await buildOfflineApp();
  await buildStores(STORES.built);
}

/**
 * Builds the service worker in each form that an app may use: one file, as a module or a classic
 * script, or several files.
 */
async function buildServiceWorkers(): Promise<void> {
  const options: BuildOptions = {
    bundle: true,
    minify: true,
    platform: 'browser',
    target: 'es2022',
    logLevel: 'error',
  };
  const source = join(LAB.source, 'service-worker.ts');
  const output = (name: string): string => join(LAB.built, name);
  await bundle({
    ...options,
    entryPoints: [source],
    format: 'esm',
    outfile: output('sw-module.js'),
  });
  await bundle({
    ...options,
    entryPoints: [source],
    format: 'iife',
    outfile: output('sw-classic.js'),
  });
  await bundle({
    ...options,
    entryPoints: { 'sw-split': source },
    format: 'esm',
    splitting: true,
    outdir: LAB.built,
    chunkNames: 'assets/sw-[hash]',
  });
}
