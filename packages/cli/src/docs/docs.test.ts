import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text as textOf } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { parseRules, startCollector } from '@perigee/collector';
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { done, makeCheap, perigee } from '../commands/operator.fixture.ts';
import { blockOf, documents, linesIn, ROOT, section } from './commands.fixture.ts';

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

/** Lines that ran, each with its document. */
const linesThatRan = new Set<string>();

/**
 * Runs every line of a part of a document. `changes` replace parts that a test cannot have, such as hosts.
 * `instead` runs a command that does not end by itself.
 */
async function follow(
  document: string,
  markdown: string,
  changes: Changes = {},
  instead: Readonly<Record<string, (args: readonly string[]) => Promise<void>>> = {},
): Promise<string[]> {
  const ran: string[] = [];
  for (const line of linesIn(markdown)) {
    if (line.kind === 'other') continue;
    linesThatRan.add(`${document}: ${line.text}`);
    if (line.kind === 'export') vi.stubEnv(line.name, line.value);
    if (line.kind === 'node') ran.push(await runProgram(line.args, changes));
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

/** Runs a program that the reader saved in the folder. Resolves to what it printed. */
async function runProgram([file = '', ...args]: readonly string[], changes: Changes) {
  const code = await readFile(file, 'utf8');
  const changed = Object.entries(changes).reduce(
    (all, [from, to]) => all.replaceAll(from, to),
    code,
  );
  await writeFile(file, changed);
  // A reader has installed the packages here.
  await symlink(fileURLToPath(new URL('node_modules', ROOT)), 'node_modules', 'junction').catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    },
  );
  const child = spawn(process.execPath, [file, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [printed, [exitCode]] = await Promise.all([textOf(child.stdout), once(child, 'exit')]);
  expect([file, exitCode]).toEqual([file, 0]);
  return printed;
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

/** The collector and the guard do not end by themselves. The collector gets a free port. */
function services(changes: Record<string, string>) {
  return {
    async collector(args: readonly string[]) {
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
    guard: (args: readonly string[]) => done(perigee(...args, '--once')).then(() => undefined),
  };
}

test('README, your own model in five minutes', async () => {
  const text = await section('README.md', 'Your own model in five minutes');
  await writeFile('pipeline.json', blockOf(text, 'json'));
  const changes: Record<string, string> = {};
  const ran = await follow('README.md', text, changes, services(changes));
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
    'promote',
    'rollback',
    'log',
  ]);
});

test('the tutorials, one after the other', async () => {
  for (const name of ['digits.onnx', 'labels.json'])
    await copyFile(new URL(`packages/create-perigee/templates/model/${name}`, ROOT), name);
  const [release, rollback] = [
    'docs/tutorials/first-release.md',
    'docs/tutorials/first-rollback.md',
  ];
  const [first, second] = [await read(release), await read(rollback)];
  await writeFile('pipeline.json', blockOf(first, 'json'));
  expect(await follow(release, blocks(first))).toEqual([
    'inspect',
    'init',
    'pack',
    'publish',
    'pack',
    'publish',
    'rollout',
    'simulate',
    'promote',
    'log',
  ]);
  const changes: Record<string, string> = {};
  const ran = await follow(rollback, blocks(second), changes, services(changes));
  expect(ran).toEqual(['rollback', 'simulate', 'log', 'revoke', 'collector', 'guard']);
});

test('the tutorial about text', async () => {
  const page = 'docs/tutorials/text.md';
  const text = await read(page);
  for (const file of ['make-model.mjs', 'ask.mjs'])
    await writeFile(file, blockOf(text, 'js', file));
  expect(await follow(page, blocks(text))).toEqual([
    '',
    'inspect',
    `${blockOf(text, 'text')}\n`,
    'init',
    'pack',
    'publish',
  ]);
});

test('the tutorial about the first alert', async () => {
  for (const path of ['versions/1.0.0/model.onnx', 'pipeline.json', 'labels.json', 'train.csv'])
    await copyFile(new URL(`models/wine/${path}`, ROOT), path.replace(/.*\//, ''));
  const page = 'docs/tutorials/first-alert.md';
  const text = await read(page);
  await writeFile('device.mjs', blockOf(text, 'js', 'device.mjs'));
  const rules = parseRules(blockOf(text, 'json', 'alerts.json'));
  const changes: Record<string, string> = {};
  // The command looks at the models every minute.
  const collector = async () => {
    const collector = await startCollector({
      port: 0,
      registry: './registry',
      rules,
      everyMs: 200,
    });
    onTestFinished(() => collector.close());
    changes['http://127.0.0.1:4700/'] = collector.url;
  };
  const [usual = '', shifted = ''] = text.split('## 5. ');
  await follow(page, blocks(usual), changes, { collector });
  const ask = async (path: string) =>
    (await fetch(`${changes['http://127.0.0.1:4700/']}${path}`)).json();
  expect(JSON.stringify(await ask('v1/models'))).toContain('"predictions":1064');
  expect(await ask('v1/alerts')).toEqual({ alerts: [] });
  await follow(page, blocks(shifted), changes);
  await expect
    .poll(() => ask('v1/alerts'))
    .toMatchObject({
      alerts: expect.arrayContaining([
        expect.objectContaining({
          rule: 'feature-drift',
          subjects: ['alcohol'],
          headline: expect.stringContaining(blockQuoted(text)),
        }),
      ]),
    });
});

/** The words between asterisks: what the reader will see. */
function blockQuoted(text: string): string {
  return /\*(Values of .*?)\*/s.exec(text)?.[1]?.replaceAll('\n', ' ') ?? 'no words';
}

test('the pages of an operator: release, rollback, backups', async () => {
  const page = 'docs/delivering.md';
  const part = async (heading: string) => blocks(await section(page, heading));
  const changes = { 'https://models.example.com/': await host() };
  const ran = [await follow(page, await part('Set up'), changes)];
  for (const version of ['1.2.0', '1.3.0', '1.3.1']) {
    const named = ['--name', 'churn', '--version', version];
    await done(perigee('pack', 'model.onnx', ...named, ...PIPED, ...GOVERNED));
  }
  await done(perigee('publish', 'churn@1.2.0', '--to', './registry'));
  ran.push(await follow(page, await part('Release')));
  ran.push(await follow('docs/rollback.md', blocks(await read('docs/rollback.md'))));
  // Afterwards every version below 1.3.1 is forbidden, and the fixed version is released.
  for (const channel of ['stable', 'canary']) {
    await done(perigee('publish', 'churn@1.3.1', '--to', './registry', '--channel', channel));
  }
  ran.push(await follow('docs/backups.md', blocks(await read('docs/backups.md')), changes));
  expect(ran).toEqual([
    ['init', 'pack', 'publish', 'verify-registry'],
    ['eval', 'publish', 'diff', 'rollout', 'simulate', 'promote', 'log'],
    ['rollback', 'rollout', 'revoke', 'revoke'],
    ['recover', 'recover', 'verify-registry'],
  ]);
});

test('the how-to pages, with a registry that has a model', async () => {
  const address = await host();
  const changes = {
    'https://models.example.com/': address,
    'https://app.example.com/registry/': address,
    'https://mirror.example.com/': address,
  };
  vi.stubEnv('PERIGEE_KEY_PASSPHRASE', 'of a test');
  await done(perigee('init', '--to', './registry'));
  await makeCheap('.perigee/keys', 'of a test');
  await done(perigee('pack', 'model.onnx', '--name', 'churn', '--version', '1.0.0', ...PIPED));
  const incomplete = ['--incomplete', 'a test'];
  await done(perigee('publish', 'churn@1.0.0', '--to', './registry', ...incomplete));
  const ran = [];
  for (const name of ['convert', 'cors', 'headers', 'mirrors']) {
    const page = `docs/how-to/${name}.md`;
    ran.push(...(await follow(page, blocks(await read(page)), changes)));
  }
  expect(ran).toEqual(['inspect', 'verify-registry', 'verify-registry', 'verify-registry']);
});

test('docs/from-firebase-ml.md', async () => {
  vi.stubEnv('PERIGEE_KEY_PASSPHRASE', 'of a test');
  const page = 'docs/from-firebase-ml.md';
  expect(await follow(page, blocks(await read(page)))).toEqual([
    'init',
    'pack',
    'publish',
    'promote',
  ]);
});

const read = (document: string) => readFile(new URL(document, ROOT), 'utf8');

/** The `sh` blocks of a document. Commands in the text are examples in no order. */
function blocks(markdown: string): string {
  return Array.from(markdown.matchAll(/```sh[^\n]*\n.*?\n```/gs), ([block]) => block).join('\n');
}

/** Lines that no test runs, with the reason. Each pattern has to match a line. */
const NOT_RUN: readonly (readonly [line: RegExp, why: string])[] = [
  [
    /^npm (install|init|create perigee) \S/,
    'fetches packages; `npm run release -- --dry-run` does it',
  ],
  [/^npm create perigee *$/, 'asks on a terminal; tests of create-perigee answer'],
  [/^npm (start|test)$/, 'is about this repository'],
  [/^(node scripts\/check-published\.mjs|cd |npx \.\/tarballs)/, 'npm run check:templates does it'],
  [/^(cp|rm) /, 'npm run examples has the same lines in its set-ups'],
  [/^curl http:\/\/127\.0\.0\.1:4700\/v1\/alerts/, 'the test of the tutorial asks for the same'],
  [/^(tar|rsync|aws) /, 'needs keys, a host or an account'],
  [/^export PERIGEE_COLLECTOR_ADMIN_KEY=\$\(openssl/, 'needs openssl'],
  [/^export PERIGEE_COLLECTOR_KEY=\$/, 'needs the line before'],
  [/^npx perigee collector .*--rollback-to/, 'alert-to-action.test.ts rolls back with keys'],
  [/collector\.example\.com/, 'needs a collector on the web'],
  [/PERIGEE_CLICKHOUSE_USER|clickhouse\.example\.com/, 'needs a ClickHouse'],
  [/"\$COLLECTOR\/v1\/alerts/, 'needs an open alert; tests of alerts/ send these requests'],
  [/^npx perigee export /, 'needs counts of days; export.test.ts runs it against a collector'],
  [/^npx perigee pack .*--threshold/, 'needs a model with one score; words.test.ts packs one'],
];

// It comes after the tests that run lines, and needs all of them.
test('every line of a block of shell code ran above, or is listed with a reason', async () => {
  const others: string[] = [];
  const matched = new Set<string>();
  for (const file of await documents()) {
    // Runbooks are for models in trouble: runbooks.test.ts parses each command of theirs.
    if (!file.endsWith('.md') || file.startsWith('docs/runbooks/')) continue;
    for (const { text } of linesIn(blocks(await read(file)))) {
      if (linesThatRan.has(`${file}: ${text}`)) continue;
      const reasons = NOT_RUN.filter(([line]) => line.test(text.replace(/\s+#.*/, '')));
      for (const [line] of reasons) matched.add(String(line));
      if (reasons.length !== 1) others.push(`${file}: ${text}`);
    }
  }
  expect(others).toEqual([]);
  expect(NOT_RUN.map(([line]) => String(line)).filter((line) => !matched.has(line))).toEqual([]);
});

test('every command and option that a document names is there', async () => {
  const { out: overview } = await perigee('--help');
  const missing: string[] = [];
  let named = 0;
  for (const file of await documents()) {
    const text = await read(file);
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
