import { slug } from 'github-slugger';
import { defineConfig } from 'vitepress';
import { copyLinkedFiles, repositoryLinks } from './links.ts';
import { REPOSITORY } from './repository.mjs';
import { sidebar } from './sidebar.ts';

/** The path of the site on its host, with a slash at both ends. */
const BASE = process.env['PERIGEE_DOCS_BASE'] ?? '/';

/**
 * The documentation site. `npm run docs` builds it; `npm run docs:dev` serves it while it is
 * edited. It names no other host, unless PERIGEE_DOCS_REPOSITORY has the address of a repository.
 */
export default defineConfig({
  title: 'Perigee',
  description: "Machine learning models on the user's device: run, ship, watch and take back.",
  base: BASE,
  outDir: '../.perigee/docs-site',
  cacheDir: '../.perigee/docs-cache',
  cleanUrls: true,
  srcExclude: ['node_modules/**'],
  // links.ts checks links to files that are no pages.
  ignoreDeadLinks: [/^\/files\//],
  rewrites: { 'generated/:page(.*)': ':page' },
  head: [['link', { rel: 'icon', href: `${BASE}icon.svg` }]],
  markdown: {
    // The anchors that the same pages have in a repository's browser.
    anchor: { slugify: (text) => slug(text) },
    config: (md) => void md.use(repositoryLinks),
    languageAlias: { cjs: 'js', mjs: 'js' },
  },
  themeConfig: {
    logo: '/icon.svg',
    search: { provider: 'local' },
    outline: { level: [2, 3] },
    nav: [
      { text: 'Start', link: '/' },
      { text: 'Quick starts', link: '/quick-starts/' },
      { text: 'Reference', link: '/reference/' },
      { text: 'Operate', link: '/monitoring' },
    ],
    sidebar: sidebar(),
    ...(REPOSITORY && {
      editLink: { pattern: `${REPOSITORY}/edit/main/docs/:path` },
      socialLinks: [{ icon: 'github', link: REPOSITORY }],
    }),
  },
  // Logo and icon are those of the demo and the dashboard.
  vite: {
    publicDir: '../ui/public',
    // The index of the search has all words. A browser fetches it when somebody searches.
    build: { chunkSizeWarningLimit: 4_000 },
  },
  buildEnd: ({ outDir }) => copyLinkedFiles(outDir),
});
