// Bundles the service worker into one file, and writes the list of the app's files into it. Runs
// after the build of the app, whatever its bundler is.
import { build } from 'esbuild';
import { injectManifest } from 'workbox-build';

await build({
  entryPoints: ['src/sw.js'],
  outfile: '.build/sw.js',
  bundle: true,
  minify: true,
  define: { 'process.env.NODE_ENV': '"production"' },
});
await injectManifest({
  swSrc: '.build/sw.js',
  swDest: 'dist/sw.js',
  globDirectory: 'dist',
  globPatterns: ['**/*.{html,js,css,wasm,svg,png,webmanifest}'],
  globIgnores: ['registry/**', 'sw.js'],
  dontCacheBustURLsMatching: /^assets\//,
  maximumFileSizeToCacheInBytes: 30e6,
  manifestTransforms: [
    (entries) => ({ manifest: entries.map((entry) => ({ ...entry, bytes: entry.size })) }),
  ],
});
