import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';

const FOLDER = join(import.meta.dirname, 'public');
const TYPES = { 'icon.svg': 'image/svg+xml', 'theme.js': 'text/javascript' } as const;

/**
 * Adds the icon and the theme script to a page. The script is no part of the bundle, because it has
 * to run before the first paint.
 * @param themeInPage whether the script stands in the page, which saves a request. Pages whose
 *   content security policy refuses such scripts get a file
 */
export function pageHead({ themeInPage = false } = {}): Plugin {
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
      themeInPage
        ? { tag: 'script', children: read('theme.js').toString(), injectTo: 'head' }
        : { tag: 'script', attrs: { src: `${base}theme.js` }, injectTo: 'head' },
    ],
    configureServer({ middlewares }) {
      for (const [name, type] of Object.entries(TYPES))
        middlewares.use(`/${name}`, (_request, response) =>
          response.writeHead(200, { 'content-type': type }).end(read(name)),
        );
    },
    generateBundle() {
      for (const fileName of Object.keys(TYPES))
        if (!themeInPage || fileName !== 'theme.js')
          this.emitFile({ type: 'asset', fileName, source: read(fileName) });
    },
  };
}

const read = (name: string): Buffer => readFileSync(join(FOLDER, name));
