import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runInNewContext } from 'node:vm';
import { expect, onTestFinished, test } from 'vitest';
import { createBuilder, createLogger } from 'vite';
import type { InlineConfig, Rollup } from 'vite';
import { built, writeApp } from './app.fixture.ts';
import { perigee } from './index.ts';
import type { PerigeeOptions, PrecacheEntry } from './index.ts';

const CORE = fileURLToPath(new URL('../../core', import.meta.url));
const SOURCE = `import { names } from './names';
const list: { url: string }[] = self.__WB_MANIFEST;
self.found = [...list];
self.base = import.meta.env.BASE_URL;
import('./late').then(({ late }) => names.push(late));
`;
const WORKER = {
  'src/sw.ts': SOURCE,
  'src/names.ts': 'export const names: string[] = [];\n',
  'src/late.ts': "export const late: string = 'late';\n",
};

/** The list in a built service worker. The script runs as a classic one. */
async function listIn(root: string, script = 'sw.js'): Promise<PrecacheEntry[]> {
  const self: { found?: PrecacheEntry[] } = {};
  runInNewContext(await readFile(join(root, 'dist', script), 'utf8'), { self });
  return [...(self.found ?? [])];
}

async function listOf(
  root: string,
  serviceWorker: PerigeeOptions['serviceWorker'] = 'src/sw.ts',
  config: InlineConfig = {},
): Promise<PrecacheEntry[]> {
  await built(root, { serviceWorker }, config);
  return listIn(root);
}

/** The names in a list without their hashes. */
function namesOf(list: readonly PrecacheEntry[]): string[] {
  return list.map(({ url }) => url.replace(/-(?=[\w-]*[A-Z\d])[\w-]{8}\./, '.'));
}

test.each(['/', '/app/', './'])('the list has the files of the app, base %s', async (base) => {
  const root = await writeApp({
    ...WORKER,
    'src/main.js': "import './style.css';\nimport('./part.js');\n",
    'src/style.css': 'p { color: red }\n',
    'src/part.js': 'document.title = "part";\n',
    'public/icon.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>',
    'public/models/net.onnx': 'model',
    'public/model.json': '{}',
  });
  const list = await listOf(root, 'src/sw.ts', { base });
  expect(namesOf(list)).toEqual([
    'assets/index.js',
    'assets/index.css',
    'assets/part.js',
    'icon.svg',
    'index.html',
  ]);
  for (const { url, revision, size, integrity } of list) {
    expect(size).toBe((await stat(join(root, 'dist', url))).size);
    expect(revision).toEqual(url.startsWith('assets/') ? null : expect.stringMatching(/^\w{16}$/));
    // Only the icon is no page, and has the same name in the next build.
    const icon = await readFile(join(root, 'dist', 'icon.svg'));
    const digest = createHash('sha256').update(icon).digest('base64');
    expect(integrity).toBe(url === 'icon.svg' ? `sha256-${digest}` : undefined);
  }
});

test('a revision changes with the content, and only then', async () => {
  const page =
    '<!doctype html><title>one</title><script type="module" src="/src/main.js"></script>';
  const revisions = async (text: string): Promise<(string | null)[]> =>
    (await listOf(await writeApp({ ...WORKER, 'index.html': text }))).map(
      ({ revision }) => revision,
    );
  const first = await revisions(page);
  expect(await revisions(page)).toEqual(first);
  expect(await revisions(page.replace('one', 'two'))).not.toEqual(first);
});

test('a name without a hash has a revision, even if it looks like one with a hash', async () => {
  const root = await writeApp(WORKER);
  const output = { entryFileNames: 'assets/[name]-component.js' };
  const list = await listOf(root, undefined, { build: { rollupOptions: { output } } });
  expect(list.map(({ url }) => url)).toContain('assets/index-component.js');
  expect(list.every(({ revision }) => revision !== null)).toBe(true);
});

test('workers and wasm that the app uses are in the list, GPU builds only if asked', async () => {
  const root = await writeApp({
    ...WORKER,
    'src/main.js':
      "import { loadModel } from 'perigee';\nimport 'perigee/webgpu';\nloadModel('/m');\n",
  });
  await mkdir(join(root, 'node_modules'));
  await symlink(CORE, join(root, 'node_modules/perigee'), 'junction');
  const usual = namesOf(await listOf(root)).join(' ');
  expect(usual).toContain('assets/inference-worker.js');
  expect(usual).toContain('assets/updater-worker.js');
  expect(usual).toContain('assets/ort-wasm-simd-threaded.wasm');
  expect(usual).not.toMatch(/jspi|asyncify|tfjs/);
  const all = await listOf(root, { source: 'src/sw.ts', exclude: [] });
  expect(namesOf(all)).toContain('assets/ort-wasm-simd-threaded.jspi.wasm');
  const workers = all.filter(({ url }) => /worker|wasm/.test(url));
  expect(workers.every(({ revision }) => revision === null)).toBe(true);
});

test('the source knows the variables of the app', async () => {
  const root = await writeApp({
    'src/sw.ts': 'self.found = [self.__WB_MANIFEST.length, import.meta.env.APP_NAME];\n',
    'settings/.env': 'APP_NAME=demo\n',
  });
  const config = { envDir: join(root, 'settings'), envPrefix: 'APP_' };
  expect(await listOf(root, 'src/sw.ts', config)).toEqual([2, 'demo']);
});

test.each([true, false])(
  'only the build for browsers has the files, plugins shared: %s',
  async (isShared) => {
    const root = await writeApp({
      ...WORKER,
      'src/server.js': 'export const answer = 1;\n',
      'models/metadata/timestamp.json': '{}',
    });
    const input = join(root, 'src/server.js');
    const { environments, build } = await createBuilder({
      root,
      configFile: false,
      logLevel: 'silent',
      builder: { sharedConfigBuild: isShared, sharedPlugins: isShared },
      environments: {
        client: { build: { outDir: 'out/page' } },
        ssr: { build: { outDir: 'out/server', ssr: true, rollupOptions: { input } } },
      },
      plugins: [
        perigee({ serviceWorker: 'src/sw.ts', registry: { folder: 'models', copy: true } }),
      ],
    });
    for (const environment of Object.values(environments)) await build(environment);
    expect(namesOf(await listIn(root, '../out/page/sw.js'))).toEqual([
      'assets/index.js',
      'index.html',
    ]);
    await stat(join(root, 'out/page/registry/metadata/timestamp.json'));
    expect(await readdir(join(root, 'out/server'))).toEqual(['server.mjs']);
    await expect(stat(join(root, 'dist'))).rejects.toThrow('ENOENT');
  },
);

test('a watching build builds edits of the service worker, and survives faults', async () => {
  const root = await writeApp({ ...WORKER, 'src/sw.ts': SOURCE.replace('base', 'first') });
  const errors: string[] = [];
  const customLogger = { ...createLogger('silent'), error: (text: string) => errors.push(text) };
  const config = { build: { watch: {} }, customLogger };
  const watcher = (await built(root, { serviceWorker: 'src/sw.ts' }, config)) as object;
  onTestFinished(() => (watcher as Rollup.RollupWatcher).close());
  const script = (): Promise<string> => readFile(join(root, 'dist/sw.js'), 'utf8');
  await expect.poll(script).toContain('self.first=');
  await writeFile(join(root, 'src/sw.ts'), SOURCE.replace('base', 'second'));
  await expect.poll(script).toContain('self.second=');
  await writeFile(join(root, 'src/sw.ts'), 'self.third = "');
  await expect.poll(() => errors.join()).toContain('[perigee] src/sw.ts was not built.');
  await writeFile(join(root, 'src/sw.ts'), SOURCE.replace('base', 'fourth'));
  await expect.poll(script).toContain('self.fourth=');
});

test('a source without the placeholder is a warning', async () => {
  const root = await writeApp({ 'src/sw.ts': 'self.found = [];\n' });
  const warnings: string[] = [];
  const customLogger = { ...createLogger('silent'), warn: (text: string) => warnings.push(text) };
  expect(await listOf(root, 'src/sw.ts', { customLogger })).toEqual([]);
  expect(warnings.join()).toContain('src/sw.ts does not contain self.__WB_MANIFEST');
});
