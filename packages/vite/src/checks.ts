import { version } from 'vite';
import type { Plugin, ResolvedConfig, Rollup } from 'vite';
import { clientBuild } from './client.ts';
import { majorOf } from './dependencies.ts';

/** The module that names the workers, and the one that starts them in Node. */
const PAGE_MODULE = /[\\/]perigee[\\/]dist[\\/]runtime[\\/]browser-files\.js$/;
const NODE_MODULE = /[\\/]perigee[\\/]dist[\\/]runtime[\\/]node\.js$/;
const WORKER = 'inference-worker.js';

type Output = Rollup.OutputBundle[string];

/** Warns of settings with which an app fails, because its own errors do not name the setting. */
export function checks(): Plugin {
  let config: ResolvedConfig;
  return {
    name: 'perigee:checks',
    configResolved(resolved) {
      config = resolved;
      const fault = faultOfDependencies(config.optimizeDeps.include ?? [], majorOf(version));
      if (fault !== undefined) config.logger.warn(`[perigee] ${fault}`);
    },
    generateBundle({ format }, bundle) {
      const files = Object.values(bundle);
      const fault = clientBuild(this, config) ? faultOfPage(files, format) : faultOfServer(files);
      if (fault !== undefined) this.warn(`[perigee] ${fault}`);
    },
  };
}

/**
 * Describes a fault of the setting `optimizeDeps.include`.
 * @param major of Vite
 */
export function faultOfDependencies(include: readonly string[], major: number): string | undefined {
  const name = include.find((one) => one === 'perigee' || one.startsWith('perigee/'));
  if (name === undefined || major >= 8) return undefined;
  return (
    `optimizeDeps.include lists "${name}". Before Vite 8 that moves the package away from its ` +
    'workers. Remove it from the list.'
  );
}

function faultOfPage(files: readonly Output[], format: string): string | undefined {
  if (!hasModule(files, PAGE_MODULE)) return undefined;
  // The format of @vitejs/plugin-legacy knows the address of a module, too.
  if (!['es', 'esm', 'module', 'system'].includes(format))
    return (
      `The output format is "${format}", in which a module does not know its address, so no ` +
      'worker is found. Remove output.format from build.rollupOptions.'
    );
  const worker = files.find((file) => file.type === 'asset' && namesOf(file).includes(WORKER));
  if (!worker)
    return (
      'The workers are inlined as data: URLs, which have no locks and no storage. Lower ' +
      'build.assetsInlineLimit below 100000, or return false for files of "perigee".'
    );
  if (!worker.fileName.endsWith('.js'))
    return (
      `The worker is named ${worker.fileName}, which hosts do not serve as JavaScript. End ` +
      'output.assetFileNames with [extname].'
    );
  return undefined;
}

function faultOfServer(files: readonly Output[]): string | undefined {
  if (!hasModule(files, NODE_MODULE)) return undefined;
  return (
    'The server build contains "perigee", whose workers are then not found. Remove it from ' +
    'ssr.noExternal, or name it in ssr.external.'
  );
}

function hasModule(files: readonly Output[], module: RegExp): boolean {
  return files.some(
    (file) => file.type === 'chunk' && file.moduleIds.some((id) => module.test(id)),
  );
}

/** Vite 5 has no `names`. */
function namesOf(file: Rollup.OutputAsset): readonly (string | undefined)[] {
  return file.names ?? [file.name];
}
