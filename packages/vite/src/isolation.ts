import type { Plugin } from 'vite';
import type { PerigeeOptions } from './options.ts';

/** Sends the headers of an isolated page. Headers of the same name in the configuration win. */
export function isolation(option: PerigeeOptions['isolation']): Plugin {
  const headers = {
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Embedder-Policy': option === 'credentialless' ? option : 'require-corp',
  };
  return {
    name: 'perigee:isolation',
    config: ({ server, preview }) => ({
      server: { headers: { ...headers, ...server?.headers } },
      // Without headers of its own the preview server sends those of the development server.
      preview: { headers: { ...headers, ...server?.headers, ...preview?.headers } },
    }),
  };
}
