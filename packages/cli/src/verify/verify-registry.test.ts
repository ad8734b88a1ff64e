import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { OutgoingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { temporaryKeys } from '../keys/keys.ts';
import { pack } from '../pack/pack.ts';
import { changeChannels } from '../publish/channels.ts';
import { publish } from '../publish/publish.ts';
import type { Publisher } from '../publish/registry.ts';
import { initRegistry } from '../publish/registry.ts';
import { heldRelease } from '../publish/release-folder.ts';
import { verifyRegistry } from './verify-registry.ts';

const MODEL = fileURLToPath(
  new URL('../../../../models/wdbc/versions/1.0.0/model.onnx', import.meta.url),
);
const ORIGIN = 'https://app.example';
const GOOD: OutgoingHttpHeaders = {
  'access-control-allow-origin': '*',
  'content-type': 'application/octet-stream',
};

let folder = '';
let good = '';
let publisher: Publisher;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perigee-verify-'));
  good = join(folder, 'good');
  publisher = { to: good, keys: await temporaryKeys() };
  await initRegistry(publisher);
  await publish(
    heldRelease(
      await pack({ model: MODEL, name: 'wdbc', version: '1.0.0', goldenCount: 1 }, () => undefined),
    ),
    publisher,
    'stable',
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function copy(): Promise<string> {
  const to = await mkdtemp(join(folder, 'copy-'));
  await cp(good, to, { recursive: true });
  return to;
}

/** A host of the valid registry. It may send other headers or answers. */
async function host(
  headers: (path: string) => OutgoingHttpHeaders = () => GOOD,
  answer: (path: string) => { status: number; body: string } | undefined = () => undefined,
): Promise<string> {
  const server = createServer((request, response) => {
    const path = (request.url ?? '').slice(1);
    const other = answer(path);
    const caching =
      path === 'metadata/timestamp.json' ? 'no-cache' : 'public, max-age=31536000, immutable';
    if (other)
      return response
        .writeHead(other.status, { ...GOOD, 'cache-control': caching })
        .end(other.body);
    return readFile(join(good, path)).then(
      (bytes) => response.writeHead(200, { 'cache-control': caching, ...headers(path) }).end(bytes),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

const verify = (base: string, more: Partial<Parameters<typeof verifyRegistry>[1]> = {}) =>
  verifyRegistry(base, { origin: ORIGIN, ...more });

test('a good registry on a good host has no findings, in a folder neither', async () => {
  for (const base of [good, await host()]) {
    const { findings, files, models } = await verify(base);
    expect(findings).toEqual([]);
    expect(models).toEqual([{ name: 'wdbc', versions: ['1.0.0'] }]);
    expect(files).toBeGreaterThan(8);
  }
});

test.each<[string, () => Promise<string>, 'error' | 'warning', string]>([
  [
    'no CORS',
    () => host(() => ({ 'content-type': 'application/octet-stream' })),
    'error',
    'Access-Control-Allow-Origin missing',
  ],
  [
    'CORS for another origin',
    () => host(() => ({ ...GOOD, 'access-control-allow-origin': 'https://other.example' })),
    'error',
    'Send "*"',
  ],
  [
    'a cached timestamp',
    () =>
      host((path) => ({
        ...GOOD,
        ...(path.endsWith('timestamp.json') && { 'cache-control': 'max-age=3600' }),
      })),
    'warning',
    'it is the one file that changes',
  ],
  [
    'no caching of what never changes',
    () => host(() => ({ ...GOOD, 'cache-control': 'no-cache' })),
    'warning',
    'these files never change',
  ],
  [
    'JSON as a page',
    () =>
      host((path) => ({ ...GOOD, ...(path.endsWith('.json') && { 'content-type': 'text/html' }) })),
    'warning',
    'is sent as text/html',
  ],
  [
    'a fallback page for what is not there',
    () =>
      host(
        () => GOOD,
        (path) =>
          path.endsWith('2.root.json') || path.includes('0'.repeat(64))
            ? { status: 200, body: '<!doctype html><p>app' }
            : undefined,
      ),
    'error',
    'a fallback for single-page apps',
  ],
  [
    '403 for a file that is not there',
    () =>
      host(
        () => GOOD,
        (path) =>
          path.endsWith('2.root.json') || path.includes('0'.repeat(64))
            ? { status: 403, body: '' }
            : undefined,
      ),
    'warning',
    'allow s3:ListBucket',
  ],
  [
    'metadata that the host refuses',
    () =>
      host(
        () => GOOD,
        (path) => (path.endsWith('snapshot.json') ? { status: 403, body: '' } : undefined),
      ),
    'error',
    'answers 403; devices cannot read it',
  ],
  [
    'a chunk that is missing',
    () =>
      host(
        () => GOOD,
        (path) => (path.startsWith('blobs/') ? { status: 404, body: '' } : undefined),
      ),
    'error',
    'a manifest lists it',
  ],
  [
    'a chunk that was changed',
    () =>
      host(
        () => GOOD,
        (path) => (path.startsWith('blobs/') ? { status: 200, body: 'other' } : undefined),
      ),
    'error',
    'does not have the digest',
  ],
  [
    'a manifest that was changed',
    () =>
      host(
        () => GOOD,
        (path) => (path.endsWith('manifest.json') ? { status: 200, body: '{}' } : undefined),
      ),
    'error',
    'is not what the metadata lists',
  ],
  [
    'metadata that was changed',
    () =>
      host(
        () => GOOD,
        (path) => (path.endsWith('snapshot.json') ? { status: 200, body: '{}' } : undefined),
      ),
    'error',
    'INTEGRITY',
  ],
])('%s is found', async (_what, make, level, message) => {
  const { findings } = await verify(await make());
  expect(findings).toContainEqual({
    level,
    path: expect.any(String) as string,
    message: expect.stringContaining(message) as string,
  });
});

test('signatures about to expire are a warning, expired ones an error', async () => {
  const inDays = (days: number): Date => new Date(Date.now() + days * 86_400_000);
  expect((await verify(good, { now: inDays(25) })).findings).toContainEqual(
    expect.objectContaining({
      level: 'warning',
      message: expect.stringContaining('perigee resign') as string,
    }),
  );
  expect((await verify(good, { now: inDays(31) })).findings).toContainEqual(
    expect.objectContaining({
      level: 'error',
      path: expect.stringContaining('metadata/timestamp') as string,
    }),
  );
});

test('a root of somebody else is found', async () => {
  const other = { to: join(folder, 'other'), keys: await temporaryKeys() };
  const { root } = await initRegistry(other);
  expect((await verify(good, { root })).findings).toContainEqual(
    expect.objectContaining({
      level: 'error',
      message: expect.stringContaining('UNTRUSTED') as string,
    }),
  );
});

test('channels that leave devices with nothing are found', async () => {
  const to = await copy();
  await changeChannels({ ...publisher, to }, 'wdbc', (before) => ({
    ...before,
    revoked: [{ version: '1.0.0', reason: 'wrong' }],
  }));
  const messages = (await verify(to)).findings.map(({ message }) => message);
  expect(messages).toEqual([
    expect.stringContaining('no device may run: it was revoked: wrong'),
    expect.stringContaining('devices have nothing to run'),
  ]);
});

test('a damaged object in a folder is found, and a place without a registry is an error', async () => {
  const to = await copy();
  const [blob] = (
    await readdir(join(to, 'blobs'), { recursive: true, withFileTypes: true })
  ).filter((entry) => entry.isFile());
  await writeFile(join(blob!.parentPath, blob!.name), 'damaged');
  expect((await verify(to)).findings).toHaveLength(1);
  await expect(verify(join(folder, 'nowhere'))).rejects.toThrow('is not a registry');
});
