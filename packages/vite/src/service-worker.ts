import { isAbsolute, join, parse, resolve } from 'node:path';
import { build, normalizePath } from 'vite';
import type { Plugin, ResolvedConfig, Rollup } from 'vite';
import { clientBuild } from './client.ts';
import { messageOf } from './message-of.ts';
import type { PrecacheEntry, ServiceWorkerOptions } from './options.ts';
import { precacheEntries } from './precache.ts';

/** The name that the tools of Workbox replace, too. */
const PLACEHOLDER = 'self.__WB_MANIFEST';

/** Builds the service worker behind the app, because its list names the app's files. */
export function serviceWorker(options: ServiceWorkerOptions): Plugin {
  let config: ResolvedConfig;
  let bundle: Rollup.OutputBundle[string][] = [];
  /** The source files of the last service worker. The app itself imports none of them. */
  let sources: readonly string[] = [];
  return {
    name: 'perigee:service-worker',
    apply: 'build',
    configResolved(resolved) {
      config = resolved;
      sources = [normalizePath(join(resolved.root, options.source))];
    },
    buildStart() {
      if (!clientBuild(this, config)) return;
      bundle = [];
      for (const source of sources) this.addWatchFile(source);
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
        try {
          sources = await buildWithList({ ...config, build: app }, bundle, options);
        } catch (error) {
          // Vite awaits no hook of this kind while it watches, so an error would end the process.
          if (!app.watch) throw error;
          config.logger.error(`[perigee] ${options.source} was not built. ${messageOf(error)}`);
        }
      },
    },
  };
}

/**
 * Lists the files of the app, and builds the service worker with this list.
 * @returns the files that it was built from
 */
async function buildWithList(
  config: ResolvedConfig,
  bundle: readonly Rollup.OutputBundle[string][],
  options: ServiceWorkerOptions,
): Promise<string[]> {
  const outDir = resolve(config.root, config.build.outDir);
  const entries = await precacheEntries(bundle, config, outDir, options);
  return buildWorker(config, outDir, options.source, entries);
}

/**
 * Writes one classic script, because Firefox has no service workers of modules.
 * @returns the files that it was built from
 */
async function buildWorker(
  {
    root,
    base,
    mode,
    envDir,
    envPrefix,
    logLevel,
    customLogger,
    resolve: { alias },
    define,
    build: app,
  }: ResolvedConfig,
  outDir: string,
  source: string,
  entries: readonly PrecacheEntry[],
): Promise<string[]> {
  const built = await build({
    configFile: false,
    root,
    base,
    mode,
    envDir,
    ...(envPrefix !== undefined && { envPrefix }),
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
  const { output } = built as Rollup.RollupOutput;
  return output.flatMap((file) => (file.type === 'chunk' ? file.moduleIds.filter(isAbsolute) : []));
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
