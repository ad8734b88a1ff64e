import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DEFAULT_RULES } from '@perigee/collector';
import { expect, onTestFinished, test } from 'vitest';
import { perigee } from '../commands/operator.fixture.ts';
import { linesIn, ROOT } from './commands.fixture.ts';

const FOLDER = fileURLToPath(new URL('docs/runbooks/', ROOT));
const RULES = Object.keys(DEFAULT_RULES.rules);
const HEADINGS = [
  'What it means',
  'How bad it is',
  'What to check',
  'What to do',
  'How to make it quieter',
];

const read = (name: string): Promise<string> => readFile(join(FOLDER, `${name}.md`), 'utf8');

test('each alert rule has a runbook, and the index names it', async () => {
  const pages = (await readdir(FOLDER)).map((file) => file.replace(/\.md$/, ''));
  expect(pages.toSorted()).toEqual([...RULES, 'index'].toSorted());
  const index = await read('index');
  for (const rule of RULES) expect(index).toContain(`[${rule}](${rule}.md)`);
});

test.each(RULES)('the runbook of %s says what it means and what to do, in order', async (rule) => {
  const text = await read(rule);
  expect(text).toMatch(new RegExp(`^# ${rule}\n`));
  const headings = Array.from(text.matchAll(/^## (.*)$/gm), ([, heading]) => heading);
  expect(headings).toEqual(HEADINGS);
  for (const [, page = ''] of text.matchAll(/\]\(([a-z-]+)\.md\)/g)) expect(RULES).toContain(page);
});

test('the commands of all runbooks are ones that the program has', async () => {
  const [before, folder] = [process.cwd(), await mkdtemp(join(tmpdir(), 'perigee-runbooks-'))];
  process.chdir(folder);
  onTestFinished(async () => {
    process.chdir(before);
    await rm(folder, { recursive: true, force: true });
  });
  let ran = 0;
  for (const page of [...RULES, 'index'])
    for (const line of linesIn(await read(page))) {
      if (line.kind !== 'perigee') continue;
      const { code, err } = await perigee(...line.args);
      // There is no registry here, so commands fail; 2 means that the arguments are wrong.
      if (code === 2) throw new Error(`${page}: ${line.text}\n${err}`);
      ran += 1;
    }
  expect(ran).toBeGreaterThan(RULES.length);
});
