import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPerigee } from 'perigee';
import { expect, onTestFinished, test } from 'vitest';
import { createRegistry, serve } from '../updater/registry.fixture.ts';
import { sumModel } from './working-model.fixture.ts';

test('repair() fetches a damaged variant for the GPU again', async () => {
  const registry = createRegistry();
  const backends = ['webgpu'];
  await registry.publish({ name: 'sum', version: '1.0.0', ...sumModel(2), backends });
  const { url } = await serve(registry);
  const folder = await mkdtemp(join(tmpdir(), 'perigee-repair-'));
  const perigee = createPerigee({ registry: url, store: { folder } });
  onTestFinished(async () => {
    await perigee.dispose();
    await rm(folder, { recursive: true, force: true });
  });
  // The model is stored, although Node has no WebGPU to open it.
  await expect(perigee.load('sum', { backend: 'webgpu' })).rejects.toThrow();
  const kept = [{ name: 'sum', version: '1.0.0', state: 'verified' }];
  expect((await perigee.storage.report()).models).toMatchObject(kept);
  const objects = join(folder, 'objects');
  const damaged = (await readdir(objects, { recursive: true, withFileTypes: true })).filter(
    (entry) => entry.isFile(),
  );
  for (const { parentPath, name } of damaged) await writeFile(join(parentPath, name), 'damaged');
  // The model's chunks and golden samples are damaged.
  expect(damaged.length).toBeGreaterThan(1);
  expect(await perigee.storage.repair()).toEqual([]);
  expect(await perigee.storage.verify()).toEqual([]);
});
