import { perigee } from '@perigee/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { sourceInPages } from '../scripts/source/vite-plugin.ts';
import { pageHead } from '../ui/page-head.ts';
import { firstPaint } from './first-paint.ts';
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
    pageHead({ themeInPage: true }),
    siteHead({ collector: process.env['PERIGEE_COLLECTOR'], site: process.env['PERIGEE_SITE'] }),
    firstPaint({ all: ['with-perigee'], home: ['home-page'] }),
    modelBytes(),
    sourceInPages(),
  ],
  worker: { format: 'es', plugins: () => [modelBytes(), sourceInPages()] },
  build: {
    target: 'es2022',
  },
});
