import { build as bundle } from 'esbuild';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PrecacheEntry } from 'perigee/service-worker';
import { build } from 'vite';
import { OFFLINE_APP } from './paths.ts';

/** Builds the app twice, as two releases of it. */
export async function buildOfflineApp(): Promise<void> {
  for (const name of OFFLINE_APP.builds) {
    const outDir = join(OFFLINE_APP.built, name);
    await build({
      root: OFFLINE_APP.source,
      configFile: false,
      logLevel: 'warn',
      define: { BUILD: JSON.stringify(name) },
      build: { outDir, emptyOutDir: true },
    });
    await writeReleases(outDir, name);
    await bundle({
      entryPoints: [join(OFFLINE_APP.source, 'service-worker.ts')],
      bundle: true,
      minify: true,
      format: 'iife',
      target: 'es2022',
      logLevel: 'error',
      outfile: join(outDir, 'sw.js'),
      define: {
        'self.__WB_MANIFEST': JSON.stringify(await listFiles(outDir)),
        'process.env.NODE_ENV': '"production"',
      },
    });
  }
}

/**
 * Files whose names have no hash: one that each build has, with other content of the same size, and
 * one in a folder that only this build has.
 */
async function writeReleases(folder: string, name: string): Promise<void> {
  await writeFile(join(folder, 'release.txt'), name);
  await mkdir(join(folder, name), { recursive: true });
  await writeFile(join(folder, name, 'release.txt'), name);
}

/** The files of a build. Vite gives each file in `assets` a name with a hash of its content. */
async function listFiles(folder: string): Promise<readonly PrecacheEntry[]> {
  const found = await readdir(folder, { recursive: true });
  const paths = found.filter((path) => path.includes('.') && path !== 'sw.js');
  return Promise.all(
    paths.toSorted().map(async (path) => {
      const content = await readFile(join(folder, path));
      const file = { url: path.replaceAll('\\', '/'), size: content.byteLength };
      if (path.startsWith('assets')) return { ...file, revision: null };
      const digest = createHash('sha256').update(content).digest();
      return {
        ...file,
        revision: digest.toString('hex').slice(0, 16),
        ...(!path.endsWith('.html') && { integrity: `sha256-${digest.toString('base64')}` }),
      };
    }),
  );
}
