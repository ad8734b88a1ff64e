import { createPerigee } from 'perigee';
import { expect, onTestFinished, test } from 'vitest';
import { createRegistry, serve } from '../updater/registry.fixture.ts';
import { sumModel } from './working-model.fixture.ts';

const MODEL = { name: 'sum', ...sumModel(2) };

test('a model hears of its own update, not of that of another channel', async () => {
  const registry = createRegistry();
  const { url } = await serve(registry);
  const setBeta = (version: string): Promise<void> =>
    registry.edit('sum', (file) => ({
      ...file,
      channels: { stable: { version: '1.0.0' }, beta: { version } },
    }));
  await registry.publish({ version: '1.0.0', ...MODEL });
  await setBeta('1.0.0');
  const perigee = createPerigee({ registry: url, store: 'memory' });
  onTestFinished(() => perigee.dispose());
  for (const ref of ['sum', 'sum@beta'])
    await (await perigee.load(ref, { update: 'local' })).dispose();
  await registry.publish({ version: '1.1.0', ...MODEL });
  await setBeta('1.1.0');

  const heard: string[] = [];
  const ofPerigee = new Promise<object>((resolve) => perigee.on('updateready', resolve));
  for (const ref of ['sum', 'sum@beta']) {
    const model = await perigee.load(ref);
    model.on('updateready', ({ version }) => heard.push(`${ref}: ${version}`));
  }
  expect(await ofPerigee).toEqual({ model: 'sum', version: '1.1.0' });
  expect(heard).toEqual(['sum@beta: 1.1.0']);
});

test('a model is not told of a version that it runs already', async () => {
  const registry = createRegistry();
  const { url } = await serve(registry);
  await registry.publish({ version: '1.0.0', ...MODEL });
  const perigee = createPerigee({ registry: url, store: 'memory' });
  onTestFinished(() => perigee.dispose());
  await (await perigee.load('sum', { update: 'local' })).dispose();
  await registry.publish({ version: '1.1.0', ...MODEL });
  const model = await perigee.load('sum');
  const late: string[] = [];
  model.on('updateready', ({ version }) => {
    if (version === model.version) late.push(version);
  });
  // The load looks for the update, too.
  expect(await model.update()).toBe('1.1.0');
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(late).toEqual([]);
});
