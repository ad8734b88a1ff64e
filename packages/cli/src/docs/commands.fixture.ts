import { readdir, readFile } from 'node:fs/promises';

export const ROOT = new URL('../../../../', import.meta.url);

/** A line that a document tells its reader to run. */
export type DocLine = { readonly text: string } & (
  | { readonly kind: 'perigee'; readonly args: readonly string[] }
  | { readonly kind: 'export'; readonly name: string; readonly value: string }
  | { readonly kind: 'node'; readonly args: readonly string[] }
  | { readonly kind: 'other' }
);

const FENCE = /^```(\w*)/;
const INLINE = /`((?:npx )?perigee [a-z][^`]*)`/g;

/**
 * Files of people's documentation: README.md, all pages of docs/, and what each package has.
 * docs/generated and docs/node_modules are made by programs.
 */
export async function documents(): Promise<string[]> {
  const below = async (folder: string) =>
    (await readdir(new URL(folder, ROOT), { recursive: true })).map(
      (name) => `${folder}${name.replaceAll('\\', '/')}`,
    );
  const docs = (await below('docs/')).filter(
    (file) => !/^docs\/(generated|node_modules)\//.test(file),
  );
  const packages = (await readdir(new URL('packages/', ROOT))).map(
    (name) => `packages/${name}/README.md`,
  );
  return ['README.md', 'CONTRIBUTING.md', ...docs, ...packages].filter((file) =>
    /\.(md|yml)$/.test(file),
  );
}

/** The part of a document under a heading, up to the next heading of the same level. */
export async function section(document: string, heading: string): Promise<string> {
  const text = await readFile(new URL(document, ROOT), 'utf8');
  const found = `\n${text}`.split('\n## ').find((part) => part.startsWith(`${heading}\n`));
  if (found === undefined) throw new Error(`${document} has no section "${heading}".`);
  return found;
}

/** All lines to run, in order: blocks of shell code, and `perigee …` in the text. */
export function linesIn(markdown: string): DocLine[] {
  const found: DocLine[] = [];
  let language: string | undefined;
  for (const line of markdown.replaceAll('\\\n', ' ').split('\n')) {
    const fence = FENCE.exec(line);
    if (fence) language = language === undefined ? (fence[1] ?? '') : undefined;
    else if (language === 'sh') found.push(...lineOf(line));
    else if (language === undefined) {
      for (const [, text = ''] of line.matchAll(INLINE)) found.push(...lineOf(text));
    }
  }
  return found;
}

/** The content of the code block in a language, of a file if it is named. */
export function blockOf(markdown: string, language: string, file?: string): string {
  const title = file === undefined ? '[^\\n]*' : ` \\[${file}\\]`;
  const [, block] =
    new RegExp(`\`\`\`${language}${title}\\n(.*?)\n\`\`\``, 's').exec(markdown) ?? [];
  if (block === undefined) throw new Error(`There is no block of ${language}.`);
  return block;
}

function lineOf(text: string): DocLine[] {
  if (text.includes(' && ')) return text.split(' && ').flatMap(lineOf);
  const all = wordsOf(text);
  const words = all.slice(all.findIndex((word) => !/^[A-Z_]+=/.test(word)));
  const [first, second = ''] = words;
  if (first === undefined) return [];
  if (first === 'export') {
    const at = second.indexOf('=');
    return [{ kind: 'export', text, name: second.slice(0, at), value: second.slice(at + 1) }];
  }
  const args = first === 'npx' ? words.slice(1) : words;
  if (first === 'node') return [{ kind: 'node', text, args: words.slice(1) }];
  return args[0] === 'perigee'
    ? [{ kind: 'perigee', text, args: args.slice(1) }]
    : [{ kind: 'other', text }];
}

/**
 * Splits a line into words as a shell does, without expansions. A word that begins with # starts a
 * comment.
 */
function wordsOf(text: string): string[] {
  const words = Array.from(text.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g), ([word]) => word);
  const comment = words.findIndex((word) => word.startsWith('#'));
  const kept = comment < 0 ? words : words.slice(0, comment);
  return kept.map((word) => word.replaceAll(/["']/g, ''));
}
