import { execFile } from 'node:child_process';
import { getEventListeners } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createPerigee, loadModel } from 'perigee';
import type { LoadModelOptions, Perigee, PerigeeConfig, PerigeeError } from 'perigee';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { publishDemoModels } from '../../../../scripts/demo-registry.mjs';

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));
const MODELS = join(ROOT, 'e2e/models');
const SECRET = 'Bearer secret-4711';
const TOKEN = { headers: { Authorization: SECRET, 'X-Api-Key': 'secret-4712' } };
const run = promisify(execFile);

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perigee-requests-'));
  await publishDemoModels(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

type Handler = (
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
) => void | Promise<void>;

interface Host {
  readonly url: string;
  /** Headers of each request. */
  readonly seen: IncomingMessage['headers'][];
}

async function host(handler: Handler): Promise<Host> {
  const seen: IncomingMessage['headers'][] = [];
  const server = createServer((request, response) => {
    seen.push(request.headers);
    void handler(new URL(request.url ?? '/', 'http://host').pathname, request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

const files =
  (root: string): Handler =>
  (path, _request, response) =>
    readFile(join(root, path)).then(
      (bytes) => void response.end(bytes),
      () => void response.writeHead(404).end(),
    );

/** Serves files only for requests with both headers. */
const guarded =
  (root: string): Handler =>
  (path, request, response) => {
    if (request.headers.authorization === SECRET && request.headers['x-api-key'] === 'secret-4712')
      return files(root)(path, request, response);
    response.writeHead(401).end();
  };

async function load(url: string, options: LoadModelOptions = {}): Promise<void> {
  const model = await loadModel(url, { threads: 1, ...options });
  onTestFinished(() => model.dispose());
  expect(model.signature.inputs.length).toBeGreaterThan(0);
}

const errorOf = (work: Promise<unknown>): Promise<PerigeeError> =>
  work.then(
    () => expect.unreachable('it loaded'),
    (error: PerigeeError) => error,
  );

function client(config: PerigeeConfig): Perigee {
  const perigee = createPerigee(config);
  onTestFinished(() => perigee.dispose());
  return perigee;
}

/** Returns all text of an error and its causes, as a log would show it. */
const told = (error: unknown): string =>
  error instanceof Error
    ? `${error.message}${error.stack}${JSON.stringify(error)}${told(error.cause)}`
    : String(error);

test('headers reach the host of a file, also for the files beside it', async () => {
  const { url, seen } = await host(guarded(MODELS));
  await load(`${url}/external.onnx`, { request: TOKEN });
  expect(seen).toHaveLength(2);
});

test.each([
  [401, 'UNAUTHORIZED'],
  [403, 'FORBIDDEN'],
] as const)('HTTP %i is %s, says what to do, and tells no header', async (status, code) => {
  const paths: string[] = [];
  const { url } = await host((path, _request, response) => {
    paths.push(path);
    response.writeHead(status).end('<html>sign in');
  });
  for (const work of [
    () => loadModel(`${url}/net.onnx`, { request: TOKEN }),
    () => client({ registry: url, request: TOKEN }).load('wdbc'),
  ]) {
    const error = await errorOf(work());
    expect(error).toMatchObject({
      code,
      retryable: false,
      message: expect.stringMatching(/HTTP 40[13].*request/) as string,
    });
    expect(told(error)).not.toContain('secret');
  }
  // No request is repeated. By name, the first files of the metadata are asked for together.
  expect(paths.toSorted()).toEqual([
    '/metadata/1.root.json',
    '/metadata/2.root.json',
    '/metadata/timestamp.json',
    '/net.onnx',
  ]);
});

test('a redirect to another host takes no header there; one on the same host does', async () => {
  const other = await host(files(MODELS));
  const { url, seen } = await host((path, request, response) => {
    if (path === '/here')
      return void response.writeHead(302, { location: '/two-layers.onnx' }).end();
    if (path === '/there')
      return void response.writeHead(307, { location: `${other.url}/two-layers.onnx` }).end();
    if (path === '/round') return void response.writeHead(302, { location: '/round' }).end();
    return guarded(MODELS)(path, request, response);
  });
  await load(`${url}/here`, { request: TOKEN });
  await load(`${url}/there`, { request: TOKEN });
  expect(seen).toHaveLength(3);
  expect(other.seen).toHaveLength(1);
  expect(JSON.stringify(other.seen)).not.toContain('secret');
  expect(await errorOf(loadModel(`${url}/round`, { request: TOKEN }))).toMatchObject({
    code: 'NETWORK',
    retryable: false,
  });
});

test('the app’s own fetch runs on its thread, is asked for every file, and its bytes are counted', async () => {
  const { url } = await host(guarded(MODELS));
  const asked: string[] = [];
  const loaded: number[] = [];
  const own: typeof fetch = (input, init) => {
    asked.push(String(input));
    return fetch(input, { ...init, headers: TOKEN.headers });
  };
  await load(`${url}/external.onnx`, {
    request: { fetch: own },
    onProgress: ({ loadedBytes }) => loaded.push(loadedBytes),
  });
  expect(asked).toEqual([`${url}/external.onnx`, `${url}/external.bin`]);
  const sizes = await Promise.all(
    ['external.onnx', 'external.bin'].map(
      async (name) => (await readFile(join(MODELS, name))).byteLength,
    ),
  );
  expect(Math.max(...loaded)).toBe(sizes[0]! + sizes[1]!);
});

test('aborting a load aborts the app’s own fetch', async () => {
  const { url } = await host(
    (_path, _request, response) => void response.writeHead(200).write('the beginning'),
  );
  const abort = new AbortController();
  const stopped = new Promise<void>((resolve) => {
    const own: typeof fetch = (input, init) => {
      init!.signal!.addEventListener('abort', () => resolve());
      queueMicrotask(() => abort.abort(new Error('the user left')));
      return fetch(input, init);
    };
    void loadModel(`${url}/net.onnx`, { request: { fetch: own }, signal: abort.signal }).catch(
      (error: Error) => expect(error.message).toBe('the user left'),
    );
  });
  await stopped;
});

test('a load leaves no listener on its signal, with a fetch of the app', async () => {
  const { url } = await host(files(MODELS));
  const { signal } = new AbortController();
  for (const workers of [1, 2]) {
    const options = { request: { fetch }, signal, workers };
    const model = await loadModel(`${url}/two-layers.onnx`, options);
    await model.dispose();
    // The end is a message.
    await vi.waitFor(() => expect(getEventListeners(signal, 'abort')).toEqual([]));
  }
});

test('a fetch that fails, or answers something else, is an error that says so', async () => {
  const failing: typeof fetch = () => Promise.reject(new Error('no tunnel'));
  expect(
    await errorOf(loadModel('https://host.invalid/net.onnx', { request: { fetch: failing } })),
  ).toMatchObject({
    code: 'NETWORK',
    message: expect.stringContaining(
      '(request.fetch) failed for https://host.invalid/net.onnx: no tunnel.',
    ) as string,
    cause: { message: 'no tunnel' },
  });
  const wrong = (() => Promise.resolve('text')) as never;
  expect(
    told(await errorOf(loadModel('https://host.invalid/net.onnx', { request: { fetch: wrong } }))),
  ).toContain('not a Response');
});

test.each([
  [{ headers: { 'bad name': 'secret' } }, 'headers'],
  [{ headers: { ok: 'secret\nx' } }, 'headers'],
  [{ credentials: 'always' }, 'credentials'],
  [{ fetch: 'https://proxy' }, 'fetch'],
])('request options that are wrong are named, without values (%#)', async (request, name) => {
  const { url } = await host(files(MODELS));
  const options = { request: request as never };
  for (const work of [
    () => loadModel(`${url}/two-layers.onnx`, options),
    () => client({ registry: url, ...options }).load('wdbc'),
  ]) {
    const error = await errorOf(work());
    expect(error).toMatchObject({
      code: 'INVALID_CONFIG',
      message: expect.stringContaining(name) as string,
    });
    expect(told(error)).not.toContain('secret');
  }
});

test('a registry is asked with the headers, by createPerigee() and by loadModel()', async () => {
  const { url } = await host(guarded(folder));
  await (await client({ registry: url, request: TOKEN }).load('wdbc')).dispose();
  const root = JSON.parse(await readFile(join(folder, 'metadata/1.root.json'), 'utf8')) as object;
  // The same registry without headers has a separate instance.
  expect(await errorOf(loadModel('wdbc', { registry: url, trustedRoot: root }))).toMatchObject({
    code: 'UNAUTHORIZED',
  });
  await load('wdbc', { registry: url, trustedRoot: root, request: TOKEN });
});

test('a mirror on another host gets no header', async () => {
  const mirror = await host(files(folder));
  const { url } = await host((path, request, response) =>
    path.startsWith('/blobs/')
      ? void response.writeHead(403).end()
      : guarded(folder)(path, request, response),
  );
  await (await client({ registry: [url, mirror.url], request: TOKEN }).load('wdbc')).dispose();
  expect(mirror.seen.length).toBeGreaterThan(0);
  expect(JSON.stringify(mirror.seen)).not.toContain('secret');
});

test('a registry is asked by the app’s own fetch, and the process ends after dispose()', async () => {
  const { url, seen } = await host(guarded(folder));
  const script = `
    import { createPerigee } from 'perigee';
    let asked = 0;
    const headers = ${JSON.stringify(TOKEN.headers)};
    const own = (url, init) => {
      asked += 1;
      return fetch(url, { ...init, headers });
    };
    const perigee = createPerigee({ registry: '${url}', request: { fetch: own } });
    const model = await perigee.load('wdbc', { update: 'latest' });
    console.log(asked, model.version);
    await perigee.dispose();`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], {
    cwd: join(ROOT, 'packages/core'),
  });
  expect(stdout.trim()).toMatch(new RegExp(`^${seen.length} \\d+\\.\\d+\\.\\d+$`));
});

test.each([401, 403])(
  'latest uses the version on this device when the host answers %i, and emits the error',
  async (status) => {
    let open = true;
    const { url } = await host((path, request, response) =>
      open ? files(folder)(path, request, response) : void response.writeHead(status).end(),
    );
    const perigee = client({ registry: url });
    const first = await perigee.load('wdbc');
    open = false;
    const error = new Promise<PerigeeError>((resolve) =>
      perigee.on('error', (event) => resolve(event.error)),
    );
    const model = await perigee.load('wdbc', { update: 'latest' });
    expect(model.version).toBe(first.version);
    expect((await error).code).toBe(status === 401 ? 'UNAUTHORIZED' : 'FORBIDDEN');
  },
);

/**
 * Answers 403 for absent files, like S3 without the right to list, and CloudFront in front of it.
 */
const forbidsAbsent =
  (root: string): Handler =>
  (path, _request, response) =>
    readFile(join(root, path)).then(
      (bytes) => void response.end(bytes),
      () => void response.writeHead(403).end('<Error><Code>AccessDenied</Code></Error>'),
    );

test('a host that answers 403 for absent files gives models, and the next version of one', async () => {
  const { url } = await host(forbidsAbsent(folder));
  const perigee = client({ registry: url });
  expect((await perigee.load('wdbc')).version).toBe('1.0.0');
  const events: string[] = [];
  perigee.on('error', ({ error }) => events.push(error.code));
  await perigee.load('digits', { update: 'latest' });
  await (await perigee.load('digits@canary', { update: 'latest' })).dispose();
  expect(events).toEqual([]);
});

test('a host that answers 403 to every request gives FORBIDDEN', async () => {
  const { url } = await host((_path, _request, response) => void response.writeHead(403).end());
  expect(await errorOf(client({ registry: url }).load('wdbc'))).toMatchObject({
    code: 'FORBIDDEN',
  });
});

test.each([403, 404])(
  'a dead mirror does not matter where the first host answers %i for the next root',
  async (status) => {
    const { url } = await host(status === 403 ? forbidsAbsent(folder) : files(folder));
    const model = await client({ registry: [url, 'http://127.0.0.1:9/'] }).load('wdbc');
    expect(model.version).toBe('1.0.0');
  },
);
