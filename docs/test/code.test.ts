import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../.vitepress/repository.mjs';
import { readPages } from './pages.ts';
import type { Block } from './pages.ts';

const BLOCKS = readPages().flatMap(({ blocks }) => blocks);
const WORK = join(ROOT, '.perigee', 'docs-blocks');

/** The tests of these packages check their own pages. */
const CHECKED_ELSEWHERE = /^packages\/(react|vue|svelte)\//;

const TYPED: readonly string[] = ['ts', 'tsx', 'js', 'jsx'];
/** Languages by what checks them. `text` and `mermaid` are no code. */
const LANGUAGES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(TYPED.map((language) => [language, 'TypeScript, below'])),
  json: 'the reader of the document, in json.test.ts',
  sh: 'packages/cli/src/docs/docs.test.ts',
  html: 'html.test.ts',
  python: 'python.test.ts',
  sql: 'nothing: DuckDB is not installed; it is one line of standard SQL',
  http: 'nothing: headers',
  nginx: 'hosts.test.ts',
  apache: 'hosts.test.ts',
  svelte: 'the tests of @perigee/svelte',
  vue: 'the tests of @perigee/vue',
  text: 'nothing: no code. hosts.test.ts reads _headers and Caddyfile',
  mermaid: 'nothing: a picture',
};

test('every block of code names its language', () => {
  const faults = BLOCKS.filter(({ language }) => !Object.hasOwn(LANGUAGES, language)).map(
    ({ file, line, language }) => `${file}:${line}: "${language}"`,
  );
  expect(faults).toEqual([]);
});

test('every block of TypeScript and JavaScript has the right types', async () => {
  const typed = BLOCKS.filter(
    ({ file, language }) => TYPED.includes(language) && !CHECKED_ELSEWHERE.test(file),
  );
  rmSync(WORK, { recursive: true, force: true });
  mkdirSync(WORK, { recursive: true });
  const placed = new Map(typed.map((block, i) => [`block-${i}.${block.language}`, block]));
  for (const [name, { given, code }] of placed)
    writeFileSync(join(WORK, name), `${given}${code}\nexport {};\n`);
  writeFileSync(join(WORK, 'tsconfig.json'), JSON.stringify(CONFIG));
  // Examples with a fault. A check that does not report them checks nothing.
  for (const [name, part, fault] of FAULTS) {
    const { given, code } = blockWith(typed, part);
    writeFileSync(join(WORK, name), `${given}${code.replace(part, fault)}\nexport {};\n`);
  }
  const errors = (await tsc(WORK)).flatMap((line) => errorOf(line, placed));
  expect(errors).toEqual(FAULTS.map(([, , , message]) => expect.stringMatching(message)));
  expect(typed.length).toBeGreaterThan(25);
});

/** Names of files, a text of an example, the fault that replaces it, and the error. */
const FAULTS: readonly (readonly [string, string, string, RegExp])[] = [
  ['fault-name.js', '{ serveApp }', '{ serve as serveApp }', /^fault-name\.js.*'serve'/],
  ['fault-option.ts', 'isolation: true', 'isolated: true', /^fault-option\.ts.*'isolated'/],
];

function blockWith(blocks: readonly Block[], part: string): Block {
  const found = blocks.find(({ code }) => code.includes(part));
  if (!found) throw new Error(`No example has "${part}".`);
  return found;
}

test.each([
  ['VitePWA({', 'vite-pwa/vite.config.js'],
  ['injectManifest({', 'workbox-build/build-worker.mjs'],
])('the documentation shows %s as the example that is built, %s', (part, path) => {
  const built = readFileSync(join(ROOT, 'examples', path), 'utf8');
  expect(built.split('\n')).toEqual(
    expect.arrayContaining(blockWith(BLOCKS, part).code.trimEnd().split('\n')),
  );
});

const CONFIG = {
  extends: '../../tsconfig.check.json',
  compilerOptions: {
    checkJs: true,
    // A page shows the use of a value, and not its check.
    noUncheckedIndexedAccess: false,
    // The types of Vite declare what every app has; names.d.ts declares it, too.
    types: ['node'],
  },
  include: ['block-*', 'fault-*', '../../docs/test/program'],
};

async function tsc(project: string): Promise<string[]> {
  const bin = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  const child = spawn(process.execPath, [bin, '-p', project, '--pretty', 'false'], {
    cwd: project,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return (await text(child.stdout)).split('\n').filter(Boolean);
}

/** A parameter of plain JavaScript cannot have a type. */
const IMPLICIT_ANY = /TS70(06|31)/;

/** The place of an error in its page. */
function errorOf(line: string, placed: ReadonlyMap<string, Block>): string[] {
  const [, name = '', row, message = line] = /^(block-[^(]+)\((\d+),\d+\): (.*)$/.exec(line) ?? [];
  if (/\.js\(/.test(line) && IMPLICIT_ANY.test(line)) return [];
  const block = placed.get(name);
  if (!block) return [line];
  const lines = block.given.split('\n').length - 1;
  return [`${block.file}:${block.line + Number(row) - lines}: ${message}`];
}

test('every file and region that a page shows is there', () => {
  const faults: string[] = [];
  let shown = 0;
  for (const { file, snippets } of readPages()) {
    for (const { path, region } of snippets) {
      const source = join(ROOT, 'docs', path);
      const isThere = existsSync(source);
      const code = isThere ? readFileSync(source, 'utf8') : '';
      if (!isThere || (region && !code.includes(`#region ${region}\n`)))
        faults.push(`${file}: ${path}${region ? `#${region}` : ''}`);
      shown += 1;
    }
  }
  expect(faults).toEqual([]);
  expect(shown).toBeGreaterThan(15);
});
