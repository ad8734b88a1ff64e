import { readFile, stat } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { built, previewed, served, writeApp } from './app.fixture.ts';

const REGISTRY = {
  'models/metadata/timestamp.json': '{"signed":true}',
  'models/blobs/sha256/ab/abcd': Uint8Array.of(1, 2, 3),
  'models-private/key.json': '{"secret":true}',
};

test.each([
  [true, 'require-corp'],
  ['credentialless', 'credentialless'],
] as const)('isolation: %s is sent by both servers', async (isolation, embedder) => {
  const root = await writeApp({});
  await built(root, { isolation });
  for (const start of [served, previewed]) {
    const { headers } = await fetch(`${await start(root, { isolation })}/`);
    expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
    expect(headers.get('cross-origin-embedder-policy')).toBe(embedder);
  }
});

test('headers of the configuration win over those of the plugin', async () => {
  const root = await writeApp({});
  const headers = { 'Cross-Origin-Opener-Policy': 'same-origin-allow-popups' };
  const url = await served(root, { isolation: true }, { server: { headers } });
  const answer = await fetch(`${url}/src/main.js`);
  expect(answer.headers.get('cross-origin-opener-policy')).toBe('same-origin-allow-popups');
  expect(answer.headers.get('cross-origin-embedder-policy')).toBe('require-corp');
});

test('without options no header is sent', async () => {
  const { headers } = await fetch(`${await served(await writeApp({}), {})}/`);
  expect(headers.get('cross-origin-embedder-policy')).toBeNull();
});

test.each(['/', '/app/', './'])('the registry is served below the base %s', async (base) => {
  const root = await writeApp(REGISTRY);
  const options = { registry: 'models' };
  await built(root, options, { base });
  for (const start of [served, previewed]) {
    const url = (await start(root, options, { base })) + (base === './' ? '/' : base);
    const metadata = await fetch(`${url}registry/metadata/timestamp.json`);
    expect(metadata.headers.get('content-type')).toContain('application/json');
    expect(await metadata.json()).toEqual({ signed: true });
    const blob = await fetch(`${url}registry/blobs/sha256/ab/abcd`);
    expect(blob.headers.get('content-type')).toBe('application/octet-stream');
    expect(new Uint8Array(await blob.arrayBuffer())).toEqual(Uint8Array.of(1, 2, 3));
    for (const absent of ['metadata/2.root.json', 'blobs', ''])
      expect((await fetch(`${url}registry/${absent}`)).status).toBe(404);
  }
});

test('no path leads out of the registry', async () => {
  const root = await writeApp(REGISTRY);
  const url = await served(root, { registry: { folder: 'models', path: 'm' } });
  expect((await fetch(`${url}/m/metadata/timestamp.json`)).status).toBe(200);
  const up = ['..', '%2e%2e', '..%2f', '%2e%2e%2f'];
  for (const step of up)
    for (const path of [`/m/${step}/models-private/key.json`, `/m/${step}/package.json`])
      expect(await statusOf(url, path)).toBe(404);
});

/** `fetch()` resolves `..` before it asks. */
function statusOf(url: string, path: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request(url, { path }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    })
      .on('error', reject)
      .end();
  });
}

test('a build copies the registry only if asked', async () => {
  const root = await writeApp(REGISTRY);
  await built(root, { registry: 'models' });
  await expect(stat(join(root, 'dist/registry'))).rejects.toThrow('ENOENT');
  await built(root, { registry: { folder: 'models', path: '/m/', copy: true } });
  expect(await readFile(join(root, 'dist/m/metadata/timestamp.json'), 'utf8')).toContain('signed');
});

test('a build that has no registry to copy says how to make one', async () => {
  const root = await writeApp({});
  await expect(built(root, { registry: { folder: 'models', copy: true } })).rejects.toThrow(
    /The registry .*models does not exist. Publish a model into it: npx perigee publish/,
  );
});
