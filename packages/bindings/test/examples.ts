import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';
import { ROOT, tool } from '../../../scripts/steps.mjs';

/** Files by their names. */
export type Files = Readonly<Record<string, string>>;

/** The language of a code block, and its code. */
const BLOCK = /^```(js|svelte|ts|tsx|vue)\n(.*?)^```$/gms;

/**
 * The code blocks of a document, as files. Their names tell the line at which the block begins:
 * `docs-running.md-3.ts`.
 */
export async function examplesOf(document: string): Promise<Files> {
  const text = await readFile(join(ROOT, document), 'utf8');
  return Object.fromEntries(
    Array.from(text.matchAll(BLOCK), ({ 1: language, 2: code = '', index }) => {
      const line = text.slice(0, index).split('\n').length;
      return [`${document.replaceAll('/', '-')}-${line}.${language}`, code];
    }),
  );
}

/**
 * An example with a fault in place of a text. A check that does not report it checks nothing.
 * @throws Error if no example has the text
 */
export function withFault(examples: Files, text: string, fault: string): string {
  const example = Object.values(examples).find((code) => code.includes(text));
  if (!example) throw new Error(`No example has "${text}".`);
  return example.replace(text, fault);
}

/** A program that checks the files of a tsconfig.json. */
interface TypeChecker {
  readonly script: string;
  /** The path of the tsconfig.json follows them. */
  readonly args: readonly string[];
  /** Finds the file and the message in a line that reports an error. */
  readonly error: RegExp;
}

export const TSC: TypeChecker = {
  script: tool('typescript', 'tsc'),
  args: ['--pretty', 'false', '-p'],
  error: /^(\S+)\(\d+,\d+\): (.*)/,
};

interface Options {
  /** A folder of the repository. The files import what its files may import. */
  readonly folder: string;
  readonly checker?: TypeChecker;
  readonly compilerOptions?: object;
}

/** Checks files as those of a strict app. Resolves to an error a line: its file and its message. */
export async function typeErrors(files: Files, options: Options): Promise<string[]> {
  const { folder, checker = TSC } = options;
  const compilerOptions = {
    noEmit: true,
    lib: ['ES2023', 'DOM', 'DOM.Iterable', 'DOM.AsyncIterable'],
    module: 'ESNext',
    moduleResolution: 'Bundler',
    moduleDetection: 'force',
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: true,
    types: [],
    ...options.compilerOptions,
  };
  const dist = join(ROOT, folder, 'dist');
  await mkdir(dist, { recursive: true });
  const place = await mkdtemp(join(dist, 'examples-'));
  onTestFinished(() => rm(place, { recursive: true, force: true }));
  const tsconfig = JSON.stringify({ compilerOptions, include: ['*'] });
  for (const [name, code] of Object.entries({ ...files, 'tsconfig.json': tsconfig }))
    await writeFile(join(place, name), code);
  const args = [checker.script, ...checker.args, 'tsconfig.json'];
  // The program also exits with an error when it reports some.
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, {
    cwd: place,
  }).catch((failure: { readonly stdout: string; readonly stderr: string }) => failure);
  const errors = stdout.split('\n').flatMap((line) => {
    const { 1: file, 2: message } = checker.error.exec(line) ?? [];
    return file && message ? [`${file}: ${message}`] : [];
  });
  if (errors.length === 0 && stderr) throw new Error(`${checker.script} failed: ${stderr}`);
  return errors;
}
