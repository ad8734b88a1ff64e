import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import GithubSlugger from 'github-slugger';
import markdownIt from 'markdown-it';
import { PAGES_BESIDE_DOCS, ROOT } from '../.vitepress/repository.mjs';

const markdown = markdownIt({ html: true });

/** A file of Markdown that people read, by its path in this repository. */
export interface Page {
  readonly file: string;
  readonly links: readonly Link[];
  /** The anchors of its headings, as a repository's browser and the site make them. */
  readonly anchors: ReadonlySet<string>;
  readonly blocks: readonly Block[];
  readonly snippets: readonly Snippet[];
}

/** A file that VitePress shows as a block of code: `<<< @/../examples/vue/vite.config.js`. */
export interface Snippet {
  /** From the folder docs/. */
  readonly path: string;
  readonly region: string | undefined;
}

export interface Link {
  readonly href: string;
  readonly line: number;
}

/** A block of code between fences. */
export interface Block {
  readonly file: string;
  /** The line of the opening fence, from 1. */
  readonly line: number;
  readonly language: string;
  /** The text after the language: ```json [pipeline.json] is about a file of this name. */
  readonly title: string;
  readonly code: string;
  /** Declarations from the comment `<!-- given … -->` before it. Readers do not see them. */
  readonly given: string;
}

/** Every page, in the order of their paths. */
export function readPages(): Page[] {
  const docs = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .map((name) => `docs/${name.replaceAll('\\', '/')}`)
    .filter((file) => file.endsWith('.md') && !/^docs\/(node_modules|generated)\//.test(file));
  return [...docs, ...Object.keys(PAGES_BESIDE_DOCS)].sort().map(readPage);
}

function readPage(file: string): Page {
  const text = readFileSync(join(ROOT, file), 'utf8').replace(FRONT_MATTER, '');
  const tokens = markdown.parse(text, {});
  const slugger = new GithubSlugger();
  const links: Link[] = [];
  const anchors = new Set<string>();
  const blocks: Block[] = [];
  for (const [i, token] of tokens.entries()) {
    const line = (token.map?.[0] ?? 0) + 1;
    for (const child of [token, ...(token.children ?? [])]) {
      if (child.type.startsWith('html_'))
        for (const [, href = ''] of child.content.matchAll(HTML_LINK)) links.push({ href, line });
      const href = child.attrGet('href') ?? child.attrGet('src');
      if (href) links.push({ href, line });
    }
    if (tokens[i - 1]?.type === 'heading_open') {
      const words = (token.children ?? []).map(({ content }) => content);
      anchors.add(slugger.slug(words.join('')));
    }
    if (token.type !== 'fence') continue;
    const [language = '', ...title] = token.info.split(' ');
    const [, given = ''] = GIVEN.exec(tokens[i - 1]?.content ?? '') ?? [];
    blocks.push({ file, line, language, title: title.join(' '), code: token.content, given });
  }
  return { file, links, anchors, blocks, snippets: snippetsIn(text) };
}

function snippetsIn(text: string): Snippet[] {
  return Array.from(text.matchAll(/^<<< @\/([^#{\s]+)(?:#(\w+))?/gm), ([, path = '', region]) => ({
    path,
    region,
  }));
}

/** Lines of front matter are no Markdown. Line numbers count without them. */
const FRONT_MATTER = /^---\n.*?\n---\n/s;
const HTML_LINK = /\b(?:src|srcset|href)="([^"]+)"/g;
const GIVEN = /^<!-- given\n(.*)-->/s;
