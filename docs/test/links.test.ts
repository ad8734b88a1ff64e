import { existsSync } from 'node:fs';
import { join, posix } from 'node:path';
import { expect, test } from 'vitest';
import { PAGES_BESIDE_DOCS, ROOT } from '../.vitepress/repository.mjs';
import { sidebar } from '../.vitepress/sidebar.ts';
import { readPages } from './pages.ts';

/** `npm run docs` makes these. VitePress checks links to them. */
const GENERATED = /^docs\/reference\/(cli|api\/.+)\.md$/;
const PAGES = readPages();

test('every link of every page leads to a file, and its anchor to a heading', () => {
  const anchors = new Map(PAGES.map((page) => [page.file, page.anchors]));
  const faults = PAGES.flatMap((page) =>
    page.links.flatMap(({ href, line }) => {
      if (/^[a-z]+:/.test(href)) return [];
      const [path = '', anchor] = href.split('#');
      const target = path
        ? posix.join(posix.dirname(page.file), decodeURIComponent(path))
        : page.file;
      const found = [target, posix.join(target, 'README.md')].find((file) => anchors.has(file));
      const isThere =
        found !== undefined || existsSync(join(ROOT, target)) || GENERATED.test(target);
      if (!isThere) return [`${page.file}:${line}: ${href} does not exist.`];
      if (anchor === undefined || (found && anchors.get(found)?.has(anchor))) return [];
      return [`${page.file}:${line}: ${target} has no heading #${anchor}.`];
    }),
  );
  expect(faults).toEqual([]);
  expect(PAGES.flatMap(({ links }) => links).length).toBeGreaterThan(200);
});

test('every page is in the sidebar once, and the sidebar has no other pages', () => {
  const besides = Object.values(PAGES_BESIDE_DOCS);
  const committed = PAGES.map(({ file }) => file).filter((file) => file.startsWith('docs/'));
  const addresses = [...committed.map(addressOf), ...besides.map((page) => `/${page}`)];
  const links = sidebar().flatMap(linksOf);
  const made = links.filter((link) => GENERATED.test(`docs${link}.md`));
  expect(made.length).toBeGreaterThan(5);
  expect([...links].sort()).toEqual([...addresses, ...made].sort());
});

function addressOf(file: string): string {
  return file.replace(/^docs/, '').replace(/index\.md$|\.md$/, '');
}

type Item = ReturnType<typeof sidebar>[number];

function linksOf({ link, items = [] }: Item): string[] {
  return [...(link === undefined ? [] : [link]), ...items.flatMap(linksOf)];
}
