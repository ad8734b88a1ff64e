import { VitePWA } from 'vite-plugin-pwa';

/** Workbox deletes `size` from its entries, so the size gets another name. */
const withBytes = (entries) => ({
  manifest: entries.map((entry) => ({ ...entry, bytes: entry.size })),
  warnings: [],
});

export default {
  // The page of this example waits at its top level.
  build: { target: 'es2022' },
  plugins: [
    VitePWA({
      strategies: 'injectManifest',
      srcDir: 'src',
      filename: 'sw.js',
      injectRegister: null,
      manifest: false,
      injectManifest: {
        globPatterns: ['**/*.{html,js,css,wasm,svg,png,webmanifest}'],
        globIgnores: ['**/registry/**'],
        dontCacheBustURLsMatching: /^assets\//,
        maximumFileSizeToCacheInBytes: 30e6,
        manifestTransforms: [withBytes],
      },
    }),
  ],
};
