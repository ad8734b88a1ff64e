import { join } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { sourceInPages } from '../scripts/source/vite-plugin.ts';
import { pageHead } from '../ui/page-head.ts';
import { serviceWorker } from './service-worker-plugin.ts';

/**
 * These two headers make a page cross-origin isolated, which wasm needs for more than one thread.
 */
const ISOLATION = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};
const OUT = join(import.meta.dirname, 'dist');
const WORKER = join(import.meta.dirname, 'src/service-worker.ts');

export default defineConfig({
  base: './',
  plugins: [react(), pageHead(), sourceInPages(), serviceWorker(WORKER, OUT)],
  worker: { format: 'es' },
  build: {
    target: 'es2022',
    outDir: OUT,
  },
  server: { headers: ISOLATION },
  preview: { headers: ISOLATION },
});
