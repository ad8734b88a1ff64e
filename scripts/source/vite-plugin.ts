import { defaultClientConditions } from 'vite';
import type { Plugin } from 'vite';
import { TFJS_WASM } from '../steps.mjs';
import { SOURCE_CONDITION } from './condition.ts';

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
    // The wasm file is copied beside the compiled module, not beside the source.
    transform(code, id) {
      if (!id.endsWith('/packages/core/src/engines/tfjs/backend.ts')) return undefined;
      const url = JSON.stringify(`/@fs/${TFJS_WASM.replaceAll('\\', '/').replace(/^\//, '')}`);
      return { code: code.replace(/'\.\/tfjs-backend-wasm-simd\.wasm'/, url), map: null };
    },
  };
}
