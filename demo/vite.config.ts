import { perigee } from '@perigee/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { sourceInPages } from '../scripts/source/vite-plugin.ts';
import { pageHead } from '../ui/page-head.ts';
import { modelBytes } from './model-bytes.ts';
import { siteHead } from './site-head.ts';

export default defineConfig({
  base: './',
  plugins: [
    react(),
    perigee({
      isolation: true,
      registry: '../.perigee/registry',
      // The service worker keeps the builds for GPUs once they were used.
      serviceWorker: { source: 'src/service-worker.ts', exclude: [] },
    }),
    pageHead(),
    siteHead({ collector: process.env['PERIGEE_COLLECTOR'], site: process.env['PERIGEE_SITE'] }),
    modelBytes(),
    sourceInPages(),
  ],
  worker: { format: 'es', plugins: () => [modelBytes(), sourceInPages()] },
  build: {
    target: 'es2022',
  },
});
