import { createPerigee } from 'perigee';
import { expect, onTestFinished, test } from 'vitest';
import { createRegistry, serve } from '../updater/registry.fixture.ts';
import { loopModel, sumModel } from './working-model.fixture.ts';

test('an update or a rollback that ends on another backend says so', async () => {
  const registry = createRegistry();
  const { url } = await serve(registry);
  await registry.publish({ version: '1.0.0', name: 'sum', ...sumModel(2) });
  const perigee = createPerigee({ registry: url, store: 'memory' });
  onTestFinished(() => perigee.dispose());
  const model = await perigee.load('sum', { update: 'local' });
  const events: unknown[] = [];
  model.on('backend', (event) => events.push(event));
  expect(model.backend).toBe('cpu');
  // Plain JavaScript has no loops.
  await registry.publish({ version: '1.1.0', name: 'sum', ...(await loopModel()) });
  expect(await model.update()).toBe('1.1.0');
  const { backend } = model;
  expect(backend).not.toBe('cpu');
  const forward = { from: 'cpu', to: backend, reason: 'version 1.1.0 runs on it' };
  expect(events).toEqual([forward]);
  expect(await model.update()).toBe('1.1.0');
  expect(await model.rollback('a test')).toBe('1.0.0');
  const back = { from: backend, to: 'cpu', reason: 'version 1.0.0 runs on it' };
  expect(events).toEqual([forward, back]);
});
