// The set-ups that are tried. Each has a folder of its name, or of `folder`.

/** Lines that a bundler may print. Most are limits of size, which an app with models exceeds. */
export const ALLOWED_WARNINGS = [
  // webpack, Rspack
  /^WARNING in (asset|entrypoint) size limit/,
  /^WARNING in webpack performance recommendations/,
  /asset size limit/,
  // Parcel marks large files in the list of what it wrote.
  /^dist\/\S+\s+⚠/,
  // Vite
  /Some chunks are larger than 500 kB/,
  // vite-plugin-pwa sets this option for Vite before 8.
  /^WARN\s+inlineDynamicImports option is deprecated/,
  // webpack counts its warnings at the end.
  /compiled with \d+ warnings?/,
];

/**
 * `dev` starts a server on the port in PORT; `build` writes `out`, and `preview` starts a server of
 * what was built. Servers find the registry in REGISTRY. `run` is a program that prints the answers
 * as its last line. What a bundler built is also opened below the path /app/. Where the paths in
 * what was built are absolute, `rebuild` builds it for this path, which is in BASE.
 * @typedef {object} SetUp
 * @property {string} [folder]
 * @property {string} [dev]
 * @property {string} [build]
 * @property {string} [rebuild]
 * @property {string} [preview]
 * @property {string} [out]
 * @property {string} [path] where the page is at the server, without the first slash
 * @property {string} [run]
 * @property {Readonly<Record<string, string>>} [env]
 * @property {boolean} [offline] whether the page is opened once more without its host
 * @property {boolean} [elsewhere] whether the package comes from another origin
 * @property {'isolated' | 'not isolated'} [policy] serves what was built with a strict
 *   Content-Security-Policy, on a page that is isolated or not
 * @property {'page' | 'background'} [extension] where a web extension runs its models
 */

const VITE = {
  dev: 'npx vite --port $PORT --strictPort --host 127.0.0.1',
  build: 'npx vite build',
  rebuild: 'npx vite build --base=/app/',
  out: 'dist',
};

/** @type {Readonly<Record<string, SetUp>>} */
export const SET_UPS = {
  'vite-8': VITE,
  'vite-7': VITE,
  'vite-6': VITE,
  'vite-5': VITE,
  vue: VITE,
  sveltekit: { ...VITE, rebuild: 'npx vite build', out: 'build' },
  angular: {
    dev: 'npx ng serve --port $PORT --host 127.0.0.1',
    build: 'npx ng build',
    rebuild: 'npx ng build --base-href /app/',
    out: 'dist',
  },
  'vite-plugin': {
    dev: VITE.dev,
    build: VITE.build,
    preview: 'npx vite preview --port $PORT --strictPort --host 127.0.0.1',
    path: 'app/',
    out: 'dist',
  },
  webpack: {
    dev: 'npx webpack serve --mode development --port $PORT --host 127.0.0.1 --no-open',
    build: 'npx webpack --mode production',
    out: '.',
  },
  rspack: {
    dev: 'npx rspack serve --mode development --port $PORT --host 127.0.0.1',
    build: 'npx rspack build --mode production',
    out: '.',
  },
  rsbuild: {
    dev: 'npx rsbuild dev --port $PORT --host 127.0.0.1',
    build: 'npx rsbuild build',
    rebuild: 'npx rsbuild build --base /app/',
    out: 'dist',
  },
  rollup: { build: 'npx rollup -c', out: '.' },
  esbuild: { build: 'npm run build', out: '.' },
  parcel: { build: 'npm run build', out: 'dist' },
  'next-turbopack': {
    folder: 'next',
    dev: 'npx next dev --turbopack --port $PORT --hostname 127.0.0.1',
    build: 'npx next build --turbopack',
    rebuild: 'npx next build --turbopack',
    out: 'out',
  },
  'next-webpack': {
    folder: 'next',
    dev: 'npx next dev --webpack --port $PORT --hostname 127.0.0.1',
    build: 'npx next build --webpack',
    rebuild: 'npx next build --webpack',
    out: 'out',
  },
  'no-bundler': { build: 'node -e 0', out: '.' },
  'vite-pwa': { build: 'npx vite build', out: 'dist', offline: true },
  'workbox-build': { build: 'npm run build', out: 'dist', offline: true },
  'vite-8-csp': { folder: 'vite-8', build: VITE.build, out: 'dist', policy: 'isolated' },
  'vite-8-csp-plain': { folder: 'vite-8', build: VITE.build, out: 'dist', policy: 'not isolated' },
  'no-bundler-csp': { folder: 'no-bundler', build: 'node -e 0', out: '.', policy: 'isolated' },
  'no-bundler-csp-plain': {
    folder: 'no-bundler',
    build: 'node -e 0',
    out: '.',
    policy: 'not isolated',
  },
  'own-worker': { ...VITE, out: 'dist' },
  sandboxed: { build: 'node -e 0', out: '.' },
  'extension-page': { folder: 'extension', build: 'npm run build', out: 'dist', extension: 'page' },
  'extension-background': {
    folder: 'extension',
    build: 'npm run build',
    out: 'dist',
    extension: 'background',
  },
  'other-origin': { folder: 'no-bundler', build: 'node -e 0', out: '.', elsewhere: true },
  node: { run: 'node check.mjs' },
  commonjs: { folder: 'node', run: 'node check.cjs' },
  typescript: { run: 'node check.mjs' },
  'node-22': { folder: 'node', run: 'npx --yes --package=node@22 -- node check.mjs' },
  'node-24': { folder: 'node', run: 'npx --yes --package=node@24 -- node check.mjs' },
  tsx: { run: 'npx tsx check.ts' },
  'tsx-commonjs': { folder: 'tsx', run: 'npx tsx check.cts' },
  jest: { run: 'npx jest --silent' },
  vitest: { run: 'npx vitest run' },
  deno: { folder: 'node', run: 'deno run --no-prompt --allow-read --allow-env check.mjs' },
  bun: { folder: 'node', run: 'bun check.mjs' },
};
