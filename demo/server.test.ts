import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { randomBytes } from 'node:crypto';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { compressFolder } from '../scripts/compress.mjs';
import { publishDemoModels } from '../scripts/demo-registry.mjs';
import { startDemo } from './server.mjs';

const SCRIPT = 'export const numbers = [1, 2, 3];\n'.repeat(500);

/** Serves a small site, and the registry of the demo's models. */
async function served() {
  const folder = await mkdtemp(join(tmpdir(), 'perigee-served-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const [dist, registry] = [join(folder, 'dist'), join(folder, 'registry')];
  await mkdir(join(dist, 'assets'), { recursive: true });
  await writeFile(
    join(dist, 'index.html'),
    '<!doctype html><meta name="perigee-collector" content="http://127.0.0.1:4700/">',
  );
  await writeFile(join(dist, 'assets', 'app-1.js'), SCRIPT);
  await writeFile(join(dist, 'assets', 'runtime-1.wasm'), Buffer.alloc(50_000, 'wasm'));
  await writeFile(join(dist, 'photo.png'), randomBytes(4_000));
  await publishDemoModels(registry);
  await Promise.all([compressFolder(dist), compressFolder(registry)]);
  const { url, close } = await startDemo({ port: 0, dist, registry, collectorUrl: 'http://c/' });
  onTestFinished(close);
  const ask = (path: string, headers: Readonly<Record<string, string>> = {}) =>
    fetch(new URL(path, url), { headers: { 'accept-encoding': 'identity', ...headers } });
  return { ask, registry };
}

/** The files of a folder that were there before it was compressed. */
async function originalsOf(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && !/\.(br|gz)$/.test(entry.name))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}

test('scripts and wasm come in the best encoding that the browser takes', async () => {
  const { ask } = await served();
  const encodings = { 'gzip, deflate, br': 'br', gzip: 'gzip', 'br;q=0, gzip': 'gzip' };
  for (const [accepted, encoding] of Object.entries(encodings))
    for (const [path, type] of [
      ['assets/app-1.js', 'javascript'],
      ['assets/runtime-1.wasm', 'application/wasm'],
    ] as const) {
      const answer = await ask(path, { 'accept-encoding': accepted });
      expect(answer.headers.get('content-encoding')).toBe(encoding);
      expect(answer.headers.get('content-type')).toContain(type);
      expect(answer.headers.get('vary')).toBe('accept-encoding');
      expect(answer.headers.get('cache-control')).toContain('immutable');
      const { byteLength } = await answer.arrayBuffer();
      expect(Number(answer.headers.get('content-length'))).toBeLessThan(byteLength / 10);
    }
  const plain = await ask('assets/app-1.js');
  expect(plain.headers.get('content-encoding')).toBeNull();
  expect(plain.headers.get('vary')).toBe('accept-encoding');
  expect(await plain.text()).toBe(SCRIPT);
  const picture = await ask('photo.png', { 'accept-encoding': 'br' });
  expect(picture.headers.get('content-encoding')).toBeNull();
});

test('each encoding has a tag of its own, and a file that did not change is not sent again', async () => {
  const { ask } = await served();
  const tags = await Promise.all(
    ['br', 'gzip', 'identity'].map(async (accepted) => {
      // Without a `cache-control` of its own, Node's fetch would ask for the whole file.
      const headers = { 'accept-encoding': accepted, 'cache-control': 'max-age=0' };
      const tag = (await ask('assets/app-1.js', headers)).headers.get('etag') ?? '';
      const again = await ask('assets/app-1.js', { ...headers, 'if-none-match': tag });
      expect(again.status).toBe(304);
      expect(again.headers.get('vary')).toBe('accept-encoding');
      return tag;
    }),
  );
  expect(new Set(tags).size).toBe(3);
});

test('a range is of the bytes that the encoding has', async () => {
  const { ask } = await served();
  const plain = await ask('assets/app-1.js', { range: 'bytes=-20' });
  expect(plain.status).toBe(206);
  const size = SCRIPT.length;
  expect(plain.headers.get('content-range')).toBe(`bytes ${size - 20}-${size - 1}/${size}`);
  expect(await plain.text()).toBe(SCRIPT.slice(-20));
  const beyond = await ask('assets/app-1.js', { range: `bytes=${size}-` });
  expect(beyond.status).toBe(416);

  const encoded = await ask('assets/app-1.js', { range: 'bytes=0-9', 'accept-encoding': 'br' });
  expect(encoded.status).toBe(206);
  expect(encoded.headers.get('content-encoding')).toBe('br');
  const [, total] = encoded.headers.get('content-range')?.split('/') ?? [];
  expect(Number(total)).toBeLessThan(size / 10);
  await encoded.body?.cancel().catch(() => undefined);
});

test('every object of the registry has the same bytes in each encoding', async () => {
  const { ask, registry } = await served();
  const paths = await originalsOf(registry);
  expect(paths.length).toBeGreaterThan(20);
  let encoded = 0;
  for (const path of paths)
    for (const accepted of ['br', 'gzip', 'identity']) {
      const address = `registry/${path.split(sep).join('/')}`;
      const answer = await ask(address, { 'accept-encoding': accepted });
      expect(answer.status).toBe(200);
      expect(answer.headers.get('access-control-allow-origin')).toBe('*');
      if (answer.headers.has('content-encoding')) encoded += 1;
      const bytes = Buffer.from(await answer.arrayBuffer());
      expect(bytes.equals(await readFile(join(registry, path)))).toBe(true);
    }
  expect(encoded).toBeGreaterThan(4);
});

test('files beside a file are its bytes, compressed', async () => {
  const { registry } = await served();
  const [manifest] = (await originalsOf(registry)).filter((path) => path.endsWith('manifest.json'));
  const path = join(registry, manifest!);
  const bytes = await readFile(path);
  expect(brotliDecompressSync(await readFile(`${path}.br`)).equals(bytes)).toBe(true);
  expect(gunzipSync(await readFile(`${path}.gz`)).equals(bytes)).toBe(true);
});

test('the page names its collector and is asked for each time; what is absent is 404', async () => {
  const { ask } = await served();
  for (const path of ['', 'index.html']) {
    const page = await ask(path);
    expect(page.headers.get('cache-control')).toBe('no-cache');
    expect(page.headers.get('cross-origin-opener-policy')).toBe('same-origin');
    expect(await page.text()).toContain('content="http://c/"');
    for (const encoding of ['br', 'gzip']) {
      const encoded = await ask(path, { 'accept-encoding': encoding });
      expect(encoded.headers.get('content-encoding')).toBe(encoding);
      expect(encoded.headers.get('vary')).toBe('accept-encoding');
      expect(await encoded.text()).toContain('content="http://c/"');
    }
  }
  for (const path of ['assets/', 'assets/absent.js', 'registry/metadata/99.root.json'])
    expect((await ask(path)).status).toBe(404);
});
