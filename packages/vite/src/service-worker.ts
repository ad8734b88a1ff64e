import { join, parse, resolve } from 'node:path';
import { build } from 'vite';
import type { Plugin, ResolvedConfig, Rollup } from 'vite';
import { clientBuild } from './client.ts';
import type { PrecacheEntry, ServiceWorkerOptions } from './options.ts';
import { precacheEntries } from './precache.ts';

/** The name that the tools of Workbox replace, too. */
const PLACEHOLDER = 'self.__WB_MANIFEST';

/** Builds the service worker behind the app, because its list names the app's files. */
export function serviceWorker(options: ServiceWorkerOptions): Plugin {
  let config: ResolvedConfig;
  let bundle: Rollup.OutputBundle[string][] = [];
  return {
    name: 'perigee:service-worker',
    apply: 'build',
    configResolved(resolved) {
      config = resolved;
    },
    buildStart() {
      if (clientBuild(this, config)) bundle = [];
    },
    writeBundle(_options, written) {
      if (clientBuild(this, config)) bundle.push(...Object.values(written));
    },
    closeBundle: {
      order: 'post',
      sequential: true,
      async handler() {
        const app = clientBuild(this, config);
        // A build that failed wrote nothing.
        if (!app || bundle.length === 0) return;
        const outDir = resolve(config.root, app.outDir);
        const place = { build: app, publicDir: config.publicDir };
        const entries = await precacheEntries(bundle, place, outDir, options);
        await buildWorker({ ...config, build: app }, outDir, options.source, entries);
      },
    },
  };
}

/** Writes one classic script, because Firefox has no service workers of modules. */
async function buildWorker(
  {
    root,
    base,
    mode,
    logLevel,
    customLogger,
    resolve: { alias },
    define,
    build: app,
  }: ResolvedConfig,
  outDir: string,
  source: string,
  entries: readonly PrecacheEntry[],
): Promise<void> {
  await build({
    configFile: false,
    root,
    base,
    mode,
    logLevel: logLevel === 'info' ? 'warn' : (logLevel ?? 'warn'),
    ...(customLogger && { customLogger }),
    publicDir: false,
    resolve: { alias },
    ...(define && { define }),
    plugins: [insertEntries(source, entries)],
    build: {
      outDir,
      emptyOutDir: false,
      target: app.target || 'es2022',
      minify: app.minify,
      sourcemap: app.sourcemap,
      rollupOptions: {
        input: join(root, source),
        output: { format: 'iife', entryFileNames: `${parse(source).name}.js` },
      },
    },
  });
}

function insertEntries(source: string, entries: readonly PrecacheEntry[]): Plugin {
  return {
    name: 'perigee:precache-list',
    enforce: 'post',
    generateBundle(_options, bundle) {
      for (const file of Object.values(bundle)) {
        if (file.type !== 'chunk') continue;
        if (!file.code.includes(PLACEHOLDER))
          this.warn(
            `[perigee] ${source} does not contain ${PLACEHOLDER}, so it gets no list of files to ` +
              'keep. Pass it to the function that keeps them.',
          );
        file.code = file.code.replaceAll(PLACEHOLDER, () => JSON.stringify(entries));
      }
    },
  };
}
