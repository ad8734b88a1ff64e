import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';

const FOLDER = join(import.meta.dirname, 'public');
const TYPES = { 'icon.svg': 'image/svg+xml', 'theme.js': 'text/javascript' } as const;

/**
 * Adds the icon and the theme script to a page. The script is a file, not a part of the bundle,
 * because it has to run before the first paint.
 */
export function pageHead(): Plugin {
  let base = '/';
  return {
    name: 'perigee-page-head',
    configResolved(config) {
      base = config.base;
    },
    transformIndexHtml: () => [
      {
        tag: 'link',
        attrs: { rel: 'icon', type: TYPES['icon.svg'], href: `${base}icon.svg` },
        injectTo: 'head',
      },
      { tag: 'script', attrs: { src: `${base}theme.js` }, injectTo: 'head' },
    ],
    configureServer({ middlewares }) {
      for (const [name, type] of Object.entries(TYPES))
        middlewares.use(`/${name}`, (_request, response) =>
          response.writeHead(200, { 'content-type': type }).end(readFileSync(join(FOLDER, name))),
        );
    },
    generateBundle() {
      for (const fileName of Object.keys(TYPES))
        this.emitFile({ type: 'asset', fileName, source: readFileSync(join(FOLDER, fileName)) });
    },
  };
}
