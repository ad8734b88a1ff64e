import { build as bundle } from 'esbuild';
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
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

/** The files of a build. Vite gives each file in `assets` a name with a hash of its content. */
async function listFiles(folder: string): Promise<readonly PrecacheEntry[]> {
  const found = await readdir(folder, { recursive: true });
  const paths = found.filter((path) => path.includes('.') && path !== 'sw.js');
  return Promise.all(
    paths.toSorted().map(async (path) => {
      const content = await readFile(join(folder, path));
      const revision = path.startsWith('assets')
        ? null
        : createHash('sha256').update(content).digest('hex').slice(0, 16);
      return { url: path.replaceAll('\\', '/'), revision, size: content.byteLength };
    }),
  );
}
