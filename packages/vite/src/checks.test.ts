import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { createLogger } from 'vite';
import type { InlineConfig } from 'vite';
import { built, served, writeApp } from './app.fixture.ts';
import { faultOfDependencies } from './checks.ts';
import type { PerigeeOptions } from './index.ts';

const CORE = fileURLToPath(new URL('../../core', import.meta.url));
const INSTALLED = fileURLToPath(new URL('../../../node_modules', import.meta.url));

/** An app with `perigee` in `node_modules`. */
async function app(): Promise<string> {
  const source = "import { loadModel } from 'perigee';\nloadModel('/model.onnx');\n";
  const root = await writeApp({ 'src/main.js': source });
  await mkdir(join(root, 'node_modules/perigee'), { recursive: true });
  for (const name of ['dist', 'package.json'])
    await symlink(join(CORE, name), join(root, 'node_modules/perigee', name));
  for (const name of ['comlink', 'idb', '@noble', '@perigee'])
    await symlink(join(INSTALLED, name), join(root, 'node_modules', name));
  return root;
}

async function warningsOf(
  config: InlineConfig,
  start: typeof built | typeof served = built,
  options: PerigeeOptions = {},
): Promise<string> {
  const warnings: string[] = [];
  const customLogger = { ...createLogger('silent'), warn: (text: string) => warnings.push(text) };
  // A path through the link is one that npm would have installed.
  const resolve = { preserveSymlinks: true };
  await start(await app(), options, { ...config, resolve, customLogger });
  return warnings.filter((text) => text.includes('[perigee]')).join('\n');
}

function withOutput(output: object, more: InlineConfig['build'] = {}): InlineConfig {
  return { build: { ...more, rollupOptions: { output } } };
}

test.each([
  [{}],
  [{ base: './' }],
  [{ build: { target: 'es2015' } }],
  [{ worker: { format: 'iife' } }],
  [withOutput({ assetFileNames: 'assets/[name][extname]' })],
  [withOutput({ assetFileNames: ({ names }: { names: string[] }) => `a/[hash]-${names[0]}` })],
] satisfies [InlineConfig][])('settings that work are no warning: %j', async (config) => {
  expect(await warningsOf(config)).toBe('');
});

test.each([
  [withOutput({ format: 'iife' }), 'The output format is "iife"'],
  [withOutput({ assetFileNames: 'assets/[hash]' }), 'End output.assetFileNames with [extname]'],
  [{ build: { assetsInlineLimit: 1e8 } }, 'Lower build.assetsInlineLimit below 100000'],
  [
    { build: { ssr: 'src/main.js' }, ssr: { noExternal: ['perigee'] } },
    'Remove it from ssr.noExternal',
  ],
] satisfies [InlineConfig, string][])('%j is a warning', async (config, warning) => {
  expect(await warningsOf(config)).toContain(warning);
});

test('a server build that leaves the package in node_modules is no warning', async () => {
  expect(await warningsOf({ build: { ssr: 'src/main.js' } })).toBe('');
});

test('perigee in optimizeDeps.include is a warning before Vite 8', () => {
  expect(faultOfDependencies(['react', 'perigee/webgpu'], 7)).toContain('lists "perigee/webgpu"');
  expect(faultOfDependencies(['react', 'perigee-like'], 7)).toBeUndefined();
  expect(faultOfDependencies(['perigee'], 8)).toBeUndefined();
});

test('a header that undoes the isolation is a warning', async () => {
  const headers = { 'cross-origin-opener-policy': 'same-origin-allow-popups' };
  const isolation = { isolation: true };
  expect(await warningsOf({ server: { headers } }, served, isolation)).toContain(
    '[perigee] server.headers sets Cross-Origin-Opener-Policy to "same-origin-allow-popups"',
  );
  expect(await warningsOf({}, served, isolation)).toBe('');
});
