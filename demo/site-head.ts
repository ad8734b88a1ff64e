import type { Plugin } from 'vite';

/** A page that is built knows its collector from its server. The variable is for static hosts. */
const COLLECTOR = /(name="perigee-collector" content=")[^"]*/;
const IMAGE = /(property="og:image" content=")([^"]*)/;

/**
 * Fills in the addresses of the page's head.
 * @param collector address of the collector; none: the page sends nothing
 * @param site address of the site, because readers of social images take whole addresses only
 */
export function siteHead({
  collector = '',
  site,
}: {
  readonly collector?: string | undefined;
  readonly site?: string | undefined;
}): Plugin {
  return {
    name: 'demo:site-head',
    apply: 'build',
    transformIndexHtml: (page) =>
      page
        .replace(COLLECTOR, (_, start: string) => start + collector)
        .replace(IMAGE, (_, start: string, path: string) =>
          site === undefined ? start + path : start + new URL(path, site).href,
        ),
  };
}
