import { copyFileSync, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join, posix, relative, sep } from 'node:path';
import type { MarkdownRenderer } from 'vitepress';
import { PAGES_BESIDE_DOCS, REPOSITORY, ROOT } from './repository.mjs';

/** Files that are no pages and that pages link to. They are copied into the site. */
const linked = new Set<string>();

/** The environment of a rendering: the file, and its front matter. */
type Page = { path: string; realPath?: string; frontmatter?: { from?: string } };

/**
 * Links of the pages are paths of this repository, so that they work in an editor and in a
 * repository's browser, too. The site has some of these files in other places.
 */
export function repositoryLinks(md: MarkdownRenderer): void {
  md.core.ruler.push('repository-links', ({ tokens, env }) => {
    const from = repositoryPath(env as Page);
    for (const token of tokens.flatMap((token) => [token, ...(token.children ?? [])])) {
      if (token.type.startsWith('html_'))
        token.content = token.content.replaceAll(
          /\b(src|srcset)="([^"]+)"/g,
          (_, name, path) => `${name}="${pictureOf(env as Page, from, path)}"`,
        );
      const href = token.type === 'link_open' ? token.attrGet('href') : null;
      if (href) token.attrSet('href', siteLink(from, href));
      const picture = token.type === 'image' ? token.attrGet('src') : null;
      if (picture) token.attrSet('src', pictureOf(env as Page, from, picture));
    }
  });
}

/** A generated page is in another folder than the file it was made of. */
function pictureOf({ path, realPath = path }: Page, from: string, picture: string): string {
  if (/^([a-z]+:|\/)/.test(picture)) return picture;
  const file = join(ROOT, posix.dirname(from), picture);
  const found = relative(dirname(realPath), file).split(sep).join('/');
  return found.startsWith('.') ? found : `./${found}`;
}

/** The file of this repository that a page was made of. */
function repositoryPath({ path, realPath, frontmatter }: Page): string {
  if (frontmatter?.from) return frontmatter.from;
  return relative(ROOT, realPath ?? path)
    .split(sep)
    .join('/');
}

/** Throws where a link leads nowhere, so that the build fails. */
export function siteLink(from: string, href: string): string {
  if (/^([a-z]+:|#|\/)/.test(href)) return href;
  const [path = '', anchor] = href.split('#');
  const end = anchor === undefined ? '' : `#${anchor}`;
  const target = posix.join(posix.dirname(from), decodeURIComponent(path)).replace(/\/$/, '');
  const page = PAGES_BESIDE_DOCS[target] ?? PAGES_BESIDE_DOCS[`${target}/README.md`];
  if (page) return `/${page}${end}`;
  // Generated pages are only there after a build. VitePress checks them.
  if (/^docs\/.*\.md$/.test(target)) return `/${pageOfDocs(target)}${end}`;
  const file = join(ROOT, target);
  if (!existsSync(file)) throw new Error(`${from} links to ${target}, which does not exist.`);
  if (REPOSITORY) return `${REPOSITORY}/blob/main/${target}${end}`;
  if (!statSync(file).isFile())
    throw new Error(`${from} links to the folder ${target}. Link to a file of it.`);
  linked.add(target);
  return `/files/${target}`;
}

/** The address of a page, from its file: docs/internals/adding.md is internals/adding. */
function pageOfDocs(file: string): string {
  return file.replace(/^docs\/(generated\/)?/, '').replace(/(^|\/)index\.md$|\.md$/, '$1');
}

export function copyLinkedFiles(outDir: string): void {
  for (const file of linked) {
    const to = join(outDir, 'files', file);
    mkdirSync(dirname(to), { recursive: true });
    copyFileSync(join(ROOT, file), to);
  }
}
