import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { text } from 'node:stream/consumers';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readPages } from './pages.ts';

const BLOCKS = readPages().find(({ file }) => file === 'docs/how-to/headers.md')?.blocks ?? [];

const BLOB = '/registry/blobs/sha256/ab/abcd';
const ISOLATED = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};
const SHARED = {
  'access-control-allow-origin': '*',
  'cross-origin-resource-policy': 'cross-origin',
};
/** The headers that a host has to send, by path. */
const EXPECTED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '/': ISOLATED,
  '/registry/metadata/timestamp.json': { ...SHARED, 'cache-control': 'no-cache' },
  [BLOB]: { ...SHARED, 'cache-control': 'public, max-age=31536000, immutable' },
};

/** Files that servers get their configuration from, with what has to stand around a block. */
const SERVERS: Readonly<Record<string, (block: string, folder: string) => Launch>> = {
  nginx: (block, folder) => ({
    config: `${process.getuid?.() === 0 ? 'user root;' : ''} daemon off;
      pid ${folder}/pid; error_log stderr; events {}
      http {
        access_log off;
        ${TEMPORARY.map((of) => `${of}_temp_path ${folder}/${of};`).join(' ')}
        types { text/html html; application/json json; }
        ${block}
      }`,
    command: ['nginx', '-c', `${folder}/config`],
  }),
  caddy: (block, folder) => ({
    config: `{\nadmin off\nstorage file_system ${folder}\n}\n${block}`,
    command: ['caddy', 'run', '--adapter', 'caddyfile', '--config', `${folder}/config`],
  }),
  apache2: (block, folder) => ({
    config: `${MODULES.map((name) => `LoadModule ${name}_module ${APACHE}/mod_${name}.so`).join('\n')}
      ServerName localhost
      PidFile ${folder}/pid
      ErrorLog ${folder}/errors
      DefaultRuntimeDir ${folder}
      TypesConfig /etc/mime.types
      ${process.getuid?.() === 0 ? 'User www-data\nGroup www-data' : ''}\n${block}`,
    command: ['apache2', '-X', '-f', `${folder}/config`],
  }),
};
/** Other users than root may not write into the folders that nginx takes for these. */
const TEMPORARY = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
const BLOCK_OF: Readonly<Record<string, string>> = { caddy: '[Caddyfile]', apache2: 'apache' };
const APACHE = '/usr/lib/apache2/modules';
const MODULES = ['mpm_event', 'authz_core', 'mime', 'dir', 'headers', 'deflate', 'filter'];

interface Launch {
  readonly config: string;
  readonly command: readonly [string, ...string[]];
}

const isInstalled = (name: string): boolean => spawnSync(name, ['-v']).error === undefined;

for (const [name, launch] of Object.entries(SERVERS)) {
  test.skipIf(!isInstalled(name))(
    `${name} serves an app and a registry as the page says`,
    async () => {
      const port = await serve(name, launch);
      const ask = (path: string) => fetch(`http://127.0.0.1:${port}${path}`);
      for (const [path, headers] of Object.entries(EXPECTED)) {
        const answer = await ask(path);
        expect([path, answer.status]).toEqual([path, 200]);
        expect([path, Object.fromEntries(answer.headers)]).toMatchObject([path, headers]);
      }
      expect(await (await ask('/a/page/of/the/app')).text()).toContain('<title>App</title>');
      const absent = await ask('/registry/metadata/9.root.json');
      expect([absent.status, absent.headers.get('access-control-allow-origin')]).toEqual([
        404,
        '*',
      ]);
    },
  );
}

test.each([
  ['_headers', () => rulesOfHeaders(blockIn('[_headers]'))],
  ['vercel.json', () => rulesOfVercel(blockIn('json'))],
])('%s has the headers that the page says, and none twice', (_, rules) => {
  for (const [path, headers] of Object.entries(EXPECTED)) {
    const sent = rules()
      .filter(({ source }) => source.test(path))
      .flatMap(({ entries }) => entries);
    expect(new Set(sent.map(([name]) => name)).size).toBe(sent.length);
    expect([path, Object.fromEntries(sent)]).toMatchObject([path, headers]);
  }
});

interface Rule {
  readonly source: RegExp;
  readonly entries: readonly (readonly [name: string, value: string])[];
}

function rulesOfHeaders(file: string): Rule[] {
  return file.split(/\n(?=\/)/).map((rule) => {
    const [path = '', ...lines] = rule.trim().split('\n');
    return {
      source: new RegExp(`^${path.replaceAll('.', '\\.').replaceAll('*', '.*')}$`),
      entries: lines.map((line) => {
        const [name = '', value = ''] = line.trim().split(': ');
        return [name.toLowerCase(), value] as const;
      }),
    };
  });
}

function rulesOfVercel(file: string): Rule[] {
  const { headers } = JSON.parse(file) as {
    readonly headers: readonly {
      readonly source: string;
      readonly headers: readonly { readonly key: string; readonly value: string }[];
    }[];
  };
  return headers.map((rule) => ({
    source: new RegExp(`^${rule.source}$`),
    entries: rule.headers.map(({ key, value }) => [key.toLowerCase(), value] as const),
  }));
}

/** The block with a language or a title. */
function blockIn(name: string): string {
  const found = BLOCKS.find(({ language, title }) => [language, title].includes(name));
  if (!found) throw new Error(`The page about headers has no block of ${name}.`);
  return found.code;
}

/** Another program may take a free port before the server listens there. */
const MOST_PORTS = 5;

/** Starts a server with the block of the page. Resolves to its port once it serves the app. */
async function serve(
  name: string,
  launch: (block: string, folder: string) => Launch,
  ports = MOST_PORTS,
): Promise<number> {
  const [folder, port] = [await siteFolder(), await freePort()];
  const block = blockIn(BLOCK_OF[name] ?? name)
    .replaceAll('/srv/app', join(folder, 'site'))
    .replaceAll('8080', String(port));
  const { config, command } = launch(block, folder);
  await writeFile(join(folder, 'config'), config);
  let errors: string | undefined;
  void started(command).then((written) => (errors = written));
  const isServing = async (): Promise<boolean> => {
    const answer = await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined);
    return answer?.status === 200 && (await answer.text()).includes(folder);
  };
  await expect.poll(async () => errors !== undefined || (await isServing())).toBe(true);
  if (errors === undefined) return port;
  if (ports > 1 && /address already in use/i.test(errors)) return serve(name, launch, ports - 1);
  throw new Error(`${name} ended: ${errors}`);
}

async function siteFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'perigee-host-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  // Servers run as users of their own.
  await chmod(folder, 0o755);
  const files = {
    'index.html': `<!doctype html><title>App</title><p>${folder}`,
    'registry/metadata/timestamp.json': '{}',
    [BLOB.slice(1)]: 'bytes',
  };
  for (const [path, content] of Object.entries(files)) {
    const file = join(folder, 'site', path);
    await mkdir(join(file, '..'), { recursive: true });
    await writeFile(file, content);
  }
  return folder;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Starts a server, and resolves to what it wrote when it ends. */
async function started([program, ...args]: Launch['command']): Promise<string> {
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(child, 'exit');
  onTestFinished(async () => {
    child.kill('SIGTERM');
    await ended;
  });
  const [written] = await Promise.all([text(child.stderr), ended]);
  return written;
}
