import { createPerigee } from 'perigee';
import type { Perigee } from 'perigee';
import { expect, onTestFinished, test } from 'vitest';
import { createRegistry, serve } from '../updater/registry.fixture.ts';
import type { RegistryFixture } from '../updater/registry.fixture.ts';
import { sumModel } from './working-model.fixture.ts';

const LATEST = { update: 'latest', backend: 'cpu' } as const;
const ONES = {
  x0: { dtype: 'float32', shape: [1, 4], data: new Float32Array(4).fill(1) },
} as const;

/** A registry with these versions; the model of the first answers 4 to ones, of the second 8, … */
async function published(
  ...versions: readonly string[]
): Promise<{ registry: RegistryFixture; perigee: Perigee }> {
  const registry = createRegistry();
  for (const [i, version] of versions.entries())
    await registry.publish({ name: 'sum', version, ...sumModel(i + 1) });
  const perigee = createPerigee({ registry: (await serve(registry)).url });
  onTestFinished(() => perigee.dispose());
  return { registry, perigee };
}

async function loaded(
  perigee: Perigee,
  ref: string,
): Promise<[version: string, answer: number | undefined]> {
  const model = await perigee.load(ref, LATEST);
  return [model.version, ((await model.run(ONES))['y0']!.data as Float32Array)[0]];
}

test('an exact version loads itself; git hashes and build metadata are compared', async () => {
  const versions = ['1.0.0-3f2a9c1', '1.0.0-3b77e02', '1.0.0+b', '1.0.0+a'];
  const { perigee } = await published(...versions);
  for (const [i, version] of versions.entries())
    expect(await loaded(perigee, `sum@${version}`)).toEqual([version, (i + 1) * 4]);
});

test('an exact version that was not published is not found, even if a similar one is', async () => {
  const { perigee } = await published('1.0.0-3f2a9c1', '1.0.0+a');
  for (const version of ['1.0.0-3b77e02', '1.0.0+b', '1.0.0']) {
    await expect(perigee.load(`sum@${version}`, LATEST)).rejects.toMatchObject({
      code: 'MODEL_NOT_FOUND',
      message: expect.stringContaining('1.0.0-3f2a9c1, 1.0.0+a') as string,
    });
  }
});

test('a pin keeps exactly one version, and refuses anything that is not a version', async () => {
  const { perigee } = await published('1.0.0+a', '1.0.0-3f2a9c1', '1.0.0+b', '1.0.0-3b77e02');
  for (const [version, answer] of [
    ['1.0.0+a', 4],
    ['1.0.0-3f2a9c1', 8],
    ['1.0.0+b', 12],
  ] as const) {
    await perigee.pin('sum', version);
    expect(await loaded(perigee, 'sum')).toEqual([version, answer]);
  }
  await perigee.pin('sum', null);
  expect(await loaded(perigee, 'sum')).toEqual(['1.0.0-3b77e02', 16]);
  await expect(perigee.pin('sum', '^1.0')).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    message: expect.stringContaining('"^1.0"') as string,
  });
});

test('no version below the floor runs, by the order of semantic versioning', async () => {
  const { registry, perigee } = await published(
    '1.0.0-2b',
    '1.0.0-2a',
    '1.0.0-9b',
    '1.0.0-10b',
    '1.0.0-3f2a9c1',
    '1.0.0-3b77e02',
  );
  for (const [floor, below] of [
    ['1.0.0-2b', '1.0.0-2a'],
    ['1.0.0-9b', '1.0.0-10b'],
    ['1.0.0-3f2a9c1', '1.0.0-3b77e02'],
  ] as const) {
    await registry.edit('sum', (file) => ({ ...file, floor }));
    await expect(perigee.load(`sum@${below}`, LATEST)).rejects.toMatchObject({ code: 'REVOKED' });
    expect((await perigee.load(`sum@${floor}`, LATEST)).version).toBe(floor);
  }
});
