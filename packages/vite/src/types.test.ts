import { copyFile, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test, vi } from 'vitest';
import { createLogger } from 'vite';
import { publishDemoModels } from '../../../scripts/demo-registry.mjs';
import { built, served, writeApp } from './app.fixture.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const IDS = join(ROOT, 'packages/cli/src/pack/fixtures/ids.onnx');

async function appWithModels(): Promise<string> {
  const ids = await readFile(IDS);
  return writeApp({
    'src/models/ids.onnx': ids,
    'public/models/ids.onnx': ids,
    'src/main.js': "import url from './models/ids.onnx';\ndocument.title = url;\n",
  });
}

test('a build writes the types of model files and of a registry', async () => {
  const root = await appWithModels();
  await publishDemoModels(join(root, 'registry'));
  const { output } = await built(
    root,
    { registry: 'registry', types: true },
    { build: { assetsInlineLimit: 0 } },
  );
  const text = await readFile(join(root, 'src/perigee-models.d.ts'), 'utf8');
  expect(text).toMatch(/^\/\/ Written by `vite`/);
  expect(text).toContain('digits:');
  expect(text).toContain('"/models/ids.onnx":');
  const imports = await readFile(join(root, 'src/perigee-models-imports.d.ts'), 'utf8');
  expect(imports).toContain('declare module "*/ids.onnx" {');
  expect(imports).toContain('dtype: "int64"');
  const names = output.map(({ fileName }) => fileName);
  expect(names).toContainEqual(expect.stringMatching(/^assets\/ids-[\w-]+\.onnx$/));
});

test('a build without models imported writes one file, where it is told to', async () => {
  const root = await appWithModels();
  const types = { out: 'types/models.d.mts', models: ['public/**/*.onnx'] };
  await built(root, { types });
  expect(await readFile(join(root, 'types/models.d.mts'), 'utf8')).toContain('"/models/ids.onnx":');
  await expect(stat(join(root, 'types/models-imports.d.mts'))).rejects.toThrow('ENOENT');
});

test('a server writes the types again after a change', async () => {
  const root = await writeApp({ 'src/first.onnx': await readFile(IDS) });
  await served(root, { registry: 'registry', types: true });
  const has = (file: string, name: string): Promise<void> =>
    vi.waitFor(
      async () => expect(await readFile(join(root, file), 'utf8')).toContain(name),
      60_000,
    );
  await has('src/perigee-models-imports.d.ts', '*/first.onnx');
  await copyFile(IDS, join(root, 'src/second.onnx'));
  await has('src/perigee-models-imports.d.ts', '*/second.onnx');
  await publishDemoModels(join(root, 'registry'));
  await has('src/perigee-models.d.ts', 'digits:');
});

test('a file that is no model is a warning, and the last types stay', async () => {
  const root = await writeApp({ 'src/broken.onnx': 'not a model' });
  await writeFile(join(root, 'src/perigee-models.d.ts'), '// before\n');
  const warnings: string[] = [];
  const customLogger = { ...createLogger('silent'), warn: (text: string) => warnings.push(text) };
  await built(root, { types: { models: ['src/*.onnx'], registry: 'absent' } }, { customLogger });
  expect(warnings.join()).toContain('[perigee] The types of models were not written. There is no');
  expect(await readFile(join(root, 'src/perigee-models.d.ts'), 'utf8')).toBe('// before\n');
});
