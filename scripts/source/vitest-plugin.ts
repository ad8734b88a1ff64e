import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Plugin } from 'vite';
import { compiledOf, sourceOf } from './compiled.ts';

/**
 * Lets tests run the TypeScript of the packages, and nothing of `dist` in the same thread: two
 * copies of a module would have two classes `PerigeeError`, and two states.
 *
 * Threads and processes that a test starts run `dist`, which `compile.ts` keeps up to date. Node 20
 * cannot run TypeScript. It could with module hooks, but those start a thread of their own beside
 * every thread, even beside those that tests end at any moment. Deno, Bun and the `perigee` command
 * need the compiled files in any case.
 */
export function sourceInTests(): Plugin {
  return {
    name: 'perigee-source-in-tests',
    enforce: 'pre',
    // Scripts without a build step name files of dist.
    resolveId(specifier, importer) {
      if (importer === undefined || !/^\.\.?\//.test(specifier)) return undefined;
      return sourceOf(resolve(dirname(importer), specifier));
    },
    // The workers, the dashboard and the wasm file are beside the compiled file.
    transform(code, id) {
      const compiled = compiledOf(id);
      if (compiled === undefined || !code.includes('import.meta.url')) return undefined;
      const url = JSON.stringify(pathToFileURL(compiled).href);
      return { code: code.replaceAll('import.meta.url', url), map: null };
    },
  };
}
