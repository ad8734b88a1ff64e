import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { perigee } from '@perigee/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import type { Plugin } from 'vite';
import { sourceInPages } from '../scripts/source/vite-plugin.ts';
import { pageHead } from '../ui/page-head.ts';

const OUT = 'dist';
/**
 * The GPU builds of the runtime are larger than most caches accept; they are kept after their first
 * use instead.
 */
const NOT_PRECACHED = /jspi|asyncify|webgpu/;

export default defineConfig({
  base: './',
  plugins: [
    react(),
    perigee({ isolation: true, registry: '../.perigee/registry' }),
    pageHead(),
    sourceInPages(),
    precacheList(),
  ],
  worker: { format: 'es' },
  build: {
    target: 'es2022',
    outDir: OUT,
    rollupOptions: {
      input: {
        page: join(import.meta.dirname, 'index.html'),
        'service-worker': join(import.meta.dirname, 'src/service-worker.ts'),
      },
      output: {
        entryFileNames: ({ name }) =>
          name === 'service-worker' ? 'service-worker.js' : 'assets/[name]-[hash].js',
      },
    },
  },
});

/**
 * Writes precache.json: every built file that the app needs offline, with a version that changes
 * when any of them does.
 */
function precacheList(): Plugin {
  return {
    name: 'precache-list',
    apply: 'build',
    closeBundle() {
      const root = join(import.meta.dirname, OUT);
      const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
        .filter(
          (file) =>
            statSync(join(root, file)).isFile() &&
            !NOT_PRECACHED.test(file) &&
            !['precache.json', 'service-worker.js'].includes(file) &&
            !file.endsWith('.map'),
        )
        .map((file) => file.replaceAll('\\', '/'));
      this.info(`precaching ${files.length} files`);
      writePrecache(root, files);
    },
  };
}

function writePrecache(root: string, files: readonly string[]): void {
  const hash = createHash('sha256');
  for (const file of files) hash.update(file).update(readFileSync(join(root, file)));
  writeFileSync(
    join(root, 'precache.json'),
    JSON.stringify({
      version: hash.digest('hex').slice(0, 16),
      files: ['./', ...files.filter((file) => file !== 'index.html')],
    }),
  );
}
