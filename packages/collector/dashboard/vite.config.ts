import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { sourceInPages } from '../../../scripts/source/vite-plugin.ts';
import { markdownPages } from './markdown.ts';
import { pageHead } from '../../../ui/page-head.ts';

/**
 * The collector serves the built dashboard. The development server forwards API requests to a
 * collector on its default port.
 */
export default defineConfig({
  base: '/',
  plugins: [react(), pageHead(), sourceInPages(), markdownPages()],
  build: { outDir: '../dist/dashboard', emptyOutDir: true, target: 'es2022' },
  server: { proxy: { '/v1': 'http://127.0.0.1:4700' } },
});
