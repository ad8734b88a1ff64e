import { defaultClientConditions, normalizePath } from 'vite';
import type { Plugin } from 'vite';
import { ROOT } from '../steps.mjs';
import { SOURCE_CONDITION } from './condition.ts';

const CORE = `/@fs/${normalizePath(ROOT).replace(/^\//, '')}/packages/core`;
/** Modules that name files of `dist/browser`. */
const PARTS = /\/packages\/core\/src\/(runtime\/browser-files|webgpu|tfjs)\.ts$/;
/** Workers run from source, too. */
const WORKERS: Readonly<Record<string, string>> = {
  'inference-worker.js': 'inference/worker.ts',
  'tfjs-worker.js': 'inference/tfjs-worker.ts',
  'updater-worker.js': 'updater/worker.ts',
};

function urlOf(name: string): string {
  const source = WORKERS[name];
  return source === undefined ? `${CORE}/dist/browser/${name}` : `${CORE}/src/${source}`;
}

/**
 * Lets a development server run the TypeScript of the packages, so that an edit shows at once.
 * Builds take `dist`.
 */
export function sourceInPages(): Plugin {
  return {
    name: 'perigee-source-in-pages',
    apply: 'serve',
    enforce: 'pre',
    // This setting replaces Vite's own conditions, so they are repeated.
    config: () => ({ resolve: { conditions: [SOURCE_CONDITION, ...defaultClientConditions] } }),
    // The files that modules name are beside the compiled modules, and workers are bundled there.
    transform(code, id) {
      if (!PARTS.test(id)) return undefined;
      const named = code.replace(
        /'\.\.?\/browser\/([^']+)'/g,
        (_, name: string) => `'${urlOf(name)}'`,
      );
      return { code: named, map: null };
    },
  };
}
