import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder of a registry with the model wdbc. Its beta channel has the second version. */
    registry: string;
  }
}

const WDBC = join(import.meta.dirname, '../../../models/wdbc');

/** Publishes models before the tests of a project. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { heldRelease, initRegistry, pack, publish, temporaryKeys } = await import('@perigee/cli');
  const folder = await mkdtemp(join(tmpdir(), 'perigee-bindings-'));
  const publisher = { to: folder, keys: await temporaryKeys() };
  await initRegistry(publisher);
  for (const version of ['1.0.0', '1.1.0']) {
    const options = {
      name: 'wdbc',
      version,
      model: join(WDBC, 'versions/1.0.0/model.onnx'),
      golden: join(WDBC, 'versions/1.0.0/golden.json'),
      pipeline: join(WDBC, 'pipeline.json'),
      labels: join(WDBC, 'labels.json'),
    };
    const release = heldRelease(await pack(options, () => undefined));
    await publish(release, publisher, 'stable');
  }
  project.provide('registry', folder);
  return () => rm(folder, { recursive: true, force: true });
}
