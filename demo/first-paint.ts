import type { Plugin, Rollup } from 'vite';

type Bundle = Rollup.OutputBundle;

/** Names of the chunks that the first view imports. */
interface FirstView {
  /** Of every page. */
  readonly all: readonly string[];
  /** Of the page without a hash in its address. */
  readonly home: readonly string[];
}

/**
 * Shortens the way to the first view: the styles of the frame stand in the page, and what the entry
 * is going to import is fetched beside it.
 */
export function firstPaint({ all, home }: FirstView): Plugin {
  let base = '';
  const linkTo = (file: string): Readonly<Record<string, string>> => ({
    ...(file.endsWith('.css') ? { rel: 'preload', as: 'style' } : { rel: 'modulepreload' }),
    crossorigin: '',
    href: base + file,
  });
  return {
    name: 'demo:first-paint',
    apply: 'build',
    configResolved(config) {
      base = config.base;
    },
    transformIndexHtml: {
      order: 'post',
      handler(page, { bundle = {} }) {
        const ofAll = filesOf(bundle, all).filter((file) => !page.includes(file));
        const ofHome = filesOf(bundle, home).filter(
          (file) => !page.includes(file) && !ofAll.includes(file),
        );
        return {
          html: withStyles(page, bundle),
          tags: [
            ...ofAll.map((file) => ({
              tag: 'link',
              attrs: linkTo(file),
              injectTo: 'head' as const,
            })),
            { tag: 'script', children: linksOfHome(ofHome.map(linkTo)), injectTo: 'head' as const },
          ],
        };
      },
    },
  };
}

/** A script that adds links to the page if its address is that of the first page. */
function linksOfHome(links: readonly Readonly<Record<string, string>>[]): string {
  const html = links.map((link) => {
    const attributes = Object.entries(link).map(([name, value]) => `${name}="${value}"`);
    return `<link ${attributes.join(' ')}>`;
  });
  return (
    'if (/^(#\\/?)?$/.test(location.hash)) ' +
    `document.head.insertAdjacentHTML('beforeend', ${JSON.stringify(html.join(''))})`
  );
}

/** The chunks with these names, all that they import, and their styles. */
function filesOf(bundle: Bundle, names: readonly string[]): readonly string[] {
  const files = new Set<string>();
  const add = (file: string): void => {
    const chunk = bundle[file];
    if (chunk?.type !== 'chunk' || files.has(file)) return;
    files.add(file);
    for (const style of chunk.viteMetadata?.importedCss ?? []) files.add(style);
    chunk.imports.forEach(add);
  };
  for (const name of names) {
    const chunk = Object.values(bundle).find((one) => one.type === 'chunk' && one.name === name);
    if (!chunk) throw new Error(`firstPaint: the build has no chunk "${name}".`);
    add(chunk.fileName);
  }
  return [...files];
}

/**
 * Puts the styles that the page links to into the page. The link stays, switched off: Vite's loader
 * of pages looks for it, and would fetch the file again.
 */
function withStyles(page: string, bundle: Bundle): string {
  return page.replaceAll(/<link (rel="stylesheet"[^>]* href="([^"]+)")>/g, (link, rest, href) => {
    const style = Object.values(bundle).find(({ fileName }) => String(href).endsWith(fileName));
    if (style?.type !== 'asset') return link;
    return `<style>${String(style.source).trim()}</style>\n    <link disabled ${rest}>`;
  });
}
