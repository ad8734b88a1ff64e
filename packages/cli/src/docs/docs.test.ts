import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { done, makeCheap, perigee } from '../commands/operator.fixture.ts';
import { blockOf, linesIn, ROOT, section } from './commands.fixture.ts';

/** Runs the commands of the documents unchanged, in a folder with the files they name. */
const MODEL = new URL('packages/cli/src/csv/fixtures/abc.onnx', ROOT);
const BIN = fileURLToPath(new URL('packages/cli/bin/perigee.js', ROOT));
const GOVERNED = ['--card', 'README.md', '--license', 'MIT', '--governance', 'governance.json'];
const PIPED = ['--pipeline', 'pipeline.json', '--labels', 'stays,leaves'];

beforeEach(async () => {
  const [before, folder] = [process.cwd(), await mkdtemp(join(tmpdir(), 'perigee-docs-'))];
  process.chdir(folder);
  vi.stubEnv('PERIGEE_KEY_PASSPHRASE', undefined);
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    process.chdir(before);
    await rm(folder, { recursive: true, force: true });
  });
  const features = ['age', 'income', 'visits'];
  const ok = await readFile(new URL('e2e/cases/csv/ok.csv', ROOT), 'utf8');
  const csv = ok.replace('a,b,c', features.join());
  for (const name of ['train.csv', 'held-out.csv']) await writeFile(name, csv);
  await mkdir('public');
  for (const name of ['model.onnx', 'public/model.onnx']) await copyFile(MODEL, name);
  await writeFile('README.md', '# A model\n');
  const metrics = [{ name: 'accuracy', value: 0.8 }];
  const governance = { owner: 'a team', intendedUse: 'a test', metrics };
  await writeFile('governance.json', JSON.stringify(governance));
  const preprocess = [{ op: 'tabular', features }];
  const postprocess = [{ op: 'softmax' }, { op: 'top-k', k: 2 }];
  await writeFile('pipeline.json', JSON.stringify({ preprocess, postprocess }));
});

type Changes = Readonly<Record<string, string>>;

/**
 * Runs every line of a document. `changes` replace parts that a test cannot have, such as hosts.
 * `instead` runs a command that does not end by itself.
 */
async function follow(
  markdown: string,
  changes: Changes = {},
  instead: Readonly<Record<string, (args: readonly string[]) => Promise<void>>> = {},
): Promise<string[]> {
  const ran: string[] = [];
  for (const line of linesIn(markdown)) {
    if (line.kind === 'export') vi.stubEnv(line.name, line.value);
    if (line.kind !== 'perigee') continue;
    const args = line.args.map((word) => changes[word] ?? word);
    const [name = ''] = args;
    const other = instead[name]?.(args).then(() => ({ code: 0, err: '' }));
    const { code, err } = await (other ?? perigee(...args));
    expect(code, `${line.text}\n${err}`).toBe(0);
    if (name === 'init') await makeCheap('.perigee/keys', process.env['PERIGEE_KEY_PASSPHRASE']);
    ran.push(name);
  }
  return ran;
}

/** Serves the registry of this folder as docs/delivering.md requires. */
async function host(): Promise<string> {
  const folder = join(process.cwd(), 'registry');
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://host').pathname;
    const forever = 'public, max-age=31536000, immutable';
    const headers = {
      'access-control-allow-origin': '*',
      'cache-control': path.endsWith('/timestamp.json') ? 'no-cache' : forever,
      'content-type': path.endsWith('.json') ? 'application/json' : 'application/octet-stream',
    };
    readFile(join(folder, path)).then(
      (bytes) => response.writeHead(200, headers).end(bytes),
      () => response.writeHead(404, headers).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

test('README, your own model in five minutes', async () => {
  const text = await section('README.md', 'Your own model in five minutes');
  await writeFile('pipeline.json', blockOf(text, 'json'));
  const changes: Record<string, string> = {};
  const ran = await follow(text, changes, {
    async collector(args) {
      const child = spawn(process.execPath, [BIN, ...args, '--port', '0'], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const ended = once(child, 'exit');
      onTestFinished(async () => {
        child.kill('SIGTERM');
        await ended;
      });
      const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
      changes['http://127.0.0.1:4700'] = /http:\S+/.exec(line)?.[0] ?? line;
    },
    guard: (args) => done(perigee(...args, '--once')).then(() => undefined),
  });
  expect(ran).toEqual([
    'inspect',
    'types',
    'init',
    'pack',
    'publish',
    'pack',
    'publish',
    'rollout',
    'collector',
    'guard',
  ]);
});

test('docs/delivering.md: set up, release, three in the morning, backups', async () => {
  const part = (heading: string) => section('docs/delivering.md', heading);
  const changes = { 'https://models.example.com/': await host() };
  const ran = [await follow(blocks(await part('Set up')), changes)];
  for (const version of ['1.2.0', '1.3.0', '1.3.1']) {
    const named = ['--name', 'churn', '--version', version];
    await done(perigee('pack', 'model.onnx', ...named, ...PIPED, ...GOVERNED));
  }
  await done(perigee('publish', 'churn@1.2.0', '--to', './registry'));
  ran.push(await follow(blocks(await part('Release'))));
  ran.push(await follow(blocks(await part('Three in the morning'))));
  // Afterwards every version below 1.3.1 is forbidden, and the fixed version is released.
  for (const channel of ['stable', 'canary']) {
    await done(perigee('publish', 'churn@1.3.1', '--to', './registry', '--channel', channel));
  }
  ran.push(await follow(blocks(await part('Backups')), changes));
  expect(ran).toEqual([
    ['init', 'pack', 'publish', 'verify-registry'],
    ['eval', 'publish', 'diff', 'rollout', 'simulate', 'promote', 'log'],
    ['rollback', 'rollout', 'revoke', 'revoke'],
    ['recover', 'recover', 'verify-registry'],
  ]);
});

test('docs/from-firebase-ml.md', async () => {
  vi.stubEnv('PERIGEE_KEY_PASSPHRASE', 'of a test');
  const text = await readFile(new URL('docs/from-firebase-ml.md', ROOT), 'utf8');
  expect(await follow(blocks(text))).toEqual(['init', 'pack', 'publish', 'promote']);
});

/** The `sh` blocks of a document. Commands in the text are examples in no order. */
function blocks(markdown: string): string {
  return Array.from(markdown.matchAll(/```sh\n.*?\n```/gs), ([block]) => block).join('\n');
}

test('every command and option that a document names is there', async () => {
  const docs = (await readdir(new URL('docs/', ROOT))).map((name) => `docs/${name}`);
  const packages = (await readdir(new URL('packages/', ROOT))).map(
    (name) => `packages/${name}/README.md`,
  );
  const files = ['README.md', ...docs.filter((name) => /\.(md|yml)$/.test(name)), ...packages];
  const { out: overview } = await perigee('--help');
  const missing: string[] = [];
  let named = 0;
  for (const file of files) {
    const text = await readFile(new URL(file, ROOT), 'utf8');
    const asBlock = `\`\`\`sh\n${text.replaceAll('- run: ', '')}\n\`\`\``;
    for (const line of linesIn(file.endsWith('.yml') ? asBlock : text)) {
      if (line.kind !== 'perigee') continue;
      const [command = '', ...args] = line.args;
      const { out: help } = await perigee(command, '--help');
      const isThere = new RegExp(`^  ${command} `, 'm').test(overview);
      const options = args.flatMap((word) => /^--[a-z-]+/.exec(word) ?? []);
      const wrong = options.filter((option) => !help.includes(`${option} `));
      if (!isThere || wrong.length > 0) missing.push(`${file}: ${line.text}: ${wrong.join(' ')}`);
      named += 1;
    }
  }
  expect(missing).toEqual([]);
  expect(named).toBeGreaterThan(50);
});
