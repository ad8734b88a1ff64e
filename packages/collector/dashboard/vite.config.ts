import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { sourceInPages } from '../../../scripts/source/vite-plugin.ts';

/** The dashboard is served by the collector from beside its own code; in development it asks a collector on its default port. */
export default defineConfig({
  base: '/',
  plugins: [react(), sourceInPages()],
  build: { outDir: '../dist/dashboard', emptyOutDir: true, target: 'es2022' },
  server: { proxy: { '/v1': 'http://127.0.0.1:4700' } },
});
