import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { PrecacheEntry } from 'perigee/service-worker';
import { build } from 'vite';
import type { Plugin } from 'vite';

/**
 * Bundles the service worker after the app, into one script that has the list of the app's files.
 */
export function serviceWorker(source: string, outDir: string): Plugin {
  return {
    name: 'service-worker',
    apply: 'build',
    async closeBundle() {
      const list = listFiles(outDir);
      this.info(`the service worker lists ${list.length} files`);
      await build({
        configFile: false,
        logLevel: 'warn',
        define: { 'self.__WB_MANIFEST': JSON.stringify(list) },
        build: {
          target: 'es2022',
          outDir,
          emptyOutDir: false,
          copyPublicDir: false,
          rollupOptions: {
            input: source,
            output: { format: 'iife', entryFileNames: 'service-worker.js' },
          },
        },
      });
    },
  };
}

/** The files of the app. Vite gives each file in `assets` a name with a hash of its content. */
function listFiles(folder: string): readonly PrecacheEntry[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => statSync(join(folder, file)).isFile() && !file.endsWith('.map'))
    .map((file) => file.replaceAll('\\', '/'))
    .toSorted()
    .map((url) => {
      const content = readFileSync(join(folder, url));
      const digest = createHash('sha256').update(content).digest('hex');
      const revision = url.startsWith('assets/') ? null : digest.slice(0, 16);
      return { url, revision, size: content.byteLength };
    });
}
