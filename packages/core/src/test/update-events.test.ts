import { EventEmitter, once } from 'node:events';
import { layout } from '@perigee/registry';
import { createPerigee } from 'perigee';
import { expect, onTestFinished, test } from 'vitest';
import { createRegistry, serve } from '../updater/registry.fixture.ts';
import type { RegistryFixture } from '../updater/registry.fixture.ts';
import { watchThreads } from './threads.fixture.ts';
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
  const { url, overtake } = await serveOutOfOrder(registry);
  await registry.publish({ version: '1.0.0', ...MODEL });
  const perigee = createPerigee({ registry: url, store: 'memory' });
  onTestFinished(() => perigee.dispose());
  await (await perigee.load('sum', { update: 'local' })).dispose();
  await registry.publish({ version: '1.1.0', ...MODEL });
  const heard: string[] = [];
  const threads = watchThreads();

  const { checked, installing, goOn } = overtake();
  const model = await perigee.load('sum');
  model.on('updateready', ({ version }) => heard.push(version));
  await checked;
  expect(await model.update()).toBe('1.1.0');
  await installing;
  const trial = threads.next();
  goOn();
  // The worker of the background update ends once the update is over.
  await once(await trial, 'exit');
  expect(heard).toEqual([]);
});

/**
 * Serves a registry. After `overtake()`, a call of `update()` overtakes the background update of a
 * load that came before it. Each of the two requests the timestamp twice: it checks, then installs.
 */
async function serveOutOfOrder(registry: RegistryFixture) {
  const requests = new EventEmitter();
  let asked = -Infinity;
  const { url } = await serve(registry, (path, response) => {
    if (path !== layout.timestamp) return false;
    asked += 1;
    const answer = (): void => void response.end(registry.files.get(path));
    // The background check waits for the install of `update()`, its install for `goOn()`.
    if (asked === 1) requests.once('request 3', answer);
    else if (asked === 4) requests.once('go on', answer);
    else answer();
    requests.emit(`request ${asked}`);
    return true;
  });
  return {
    url,
    overtake() {
      asked = 0;
      return {
        checked: once(requests, 'request 1'),
        installing: once(requests, 'request 4'),
        goOn: () => requests.emit('go on'),
      };
    },
  };
}
