import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPerigee, loadModel } from 'perigee';
import type { PerigeeConfig } from 'perigee';
import { expect, onTestFinished, test } from 'vitest';
import { watchThreads } from './threads.fixture.ts';
import { createRegistry, serve } from '../updater/registry.fixture.ts';
import type { Intercept } from '../updater/registry.fixture.ts';
import { loopModel, sumModel } from './working-model.fixture.ts';

const ONES = {
  x0: { dtype: 'float32', shape: [1, 4], data: Float32Array.of(1, 1, 1, 1) },
} as const;
/** With an explicit backend, no other is tried in the background. */
const LOCAL = { update: 'local', backend: 'cpu' } as const;
const DISPOSED = { code: 'DISPOSED' } as const;

/** A registry with the model "sum" 1.0.0. */
async function registryOf(intercept?: Intercept) {
  const registry = createRegistry();
  const publish = (version: string, factor: number) =>
    registry.publish({ name: 'sum', version, ...sumModel(factor) });
  await publish('1.0.0', 2);
  const { url, requests } = await serve(registry, intercept);
  return { url, requests, registry, publish };
}

/** Returns the error of a call that is awaited later. */
function failureOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => 'it did not fail',
    (error: unknown) => error,
  );
}

function client(config: PerigeeConfig) {
  const perigee = createPerigee(config);
  onTestFinished(() => perigee.dispose());
  return perigee;
}

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'perigee-settling-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

test('an updater that could not start is started again by the next call', async () => {
  const { url } = await registryOf();
  const threads = watchThreads();
  const failure = failureOf(loadModel('sum', { registry: url }));
  await (await threads.next()).terminate();
  expect(await failure).toMatchObject({ code: 'WORKER_CRASHED' });
  const model = await loadModel('sum', { registry: url, ...LOCAL });
  onTestFinished(() => model.dispose());
  expect((await model.run(ONES))['y0']!.data[0]).toBe(8);
});

test('an updater that cannot be set up is ended', async () => {
  const { url } = await registryOf();
  const threads = watchThreads();
  const perigee = client({ registry: url, request: { credentials: 'always' as never } });
  await expect(perigee.load('sum')).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
  expect(threads.started).toHaveLength(1);
  await threads.ended();
});

test('calls that meet the end of the updater start one new updater', async () => {
  const { url } = await registryOf();
  const threads = watchThreads();
  const perigee = client({ registry: url });
  await perigee.storage.report();
  await threads.started[0]!.terminate();
  await Promise.all([
    perigee.storage.report(),
    perigee.models(),
    perigee.audit(),
    perigee.telemetry.status(),
  ]);
  expect(threads.started).toHaveLength(2);
});

test('a load that reads from the memory of an updater which ends rejects, and the next one fetches anew', async () => {
  const { url } = await registryOf();
  const perigee = client({ registry: url });
  const threads = watchThreads();
  await perigee.load('sum', LOCAL);
  const [updater] = threads.started;
  const load = perigee.load('sum', LOCAL);
  const reading = await threads.next();
  // The worker has the port to the store by now.
  reading.once('online', () => void updater!.terminate());
  await expect(load).rejects.toMatchObject({ code: 'WORKER_CRASHED' });
  await once(reading, 'exit');
  const model = await perigee.load('sum', LOCAL);
  expect((await model.run(ONES))['y0']!.data[0]).toBe(8);
});

test('a model whose bytes were lost with the updater rejects when a worker is opened again', async () => {
  const { url } = await registryOf();
  const perigee = client({ registry: url });
  const threads = watchThreads();
  const model = await perigee.load('sum', LOCAL);
  for (const thread of threads.started) await thread.terminate();
  await expect(model.run(ONES)).rejects.toMatchObject({
    code: 'WORKER_CRASHED',
    message: expect.stringContaining('Load the model again') as string,
  });
});

test.each(['memory', 'a folder'])(
  'dispose() with a store in %s ends a load whose worker is being opened',
  async (kind) => {
    const { url } = await registryOf();
    const perigee = createPerigee({
      registry: url,
      store: kind === 'memory' ? kind : { folder: await folder() },
    });
    const threads = watchThreads();
    await perigee.load('sum', LOCAL);
    const failure = failureOf(
      perigee.load('sum', { ...LOCAL, signal: new AbortController().signal }),
    );
    const opening = await threads.next();
    await once(opening, 'online');
    await perigee.dispose();
    expect(await failure).toMatchObject(DISPOSED);
    expect(await threads.ended()).toBe(3);
  },
);

test('dispose() ends an update in the background with its worker', async () => {
  const { url, publish } = await registryOf();
  const perigee = createPerigee({ registry: url });
  const threads = watchThreads();
  await perigee.load('sum', LOCAL);
  await publish('1.1.0', 3);
  await perigee.load('sum', { backend: 'cpu' });
  // The updater, a worker of each load, and the one that tries the new version.
  while (threads.started.length < 4) await threads.next();
  await once(threads.started[3]!, 'online');
  await perigee.dispose();
  expect(await threads.ended()).toBe(4);
});

test('dispose() of a model ends the worker of an older version, in a run that does not end', async () => {
  const registry = createRegistry();
  const model = await loopModel();
  await registry.publish({ name: 'loop', version: '1.0.0', ...model });
  const { url } = await serve(registry);
  const perigee = createPerigee({ registry: url });
  const threads = watchThreads();
  const loop = await perigee.load('loop', { update: 'local', backend: 'wasm', threads: 1 });
  const x = { dtype: 'float32', shape: [1], data: Float32Array.of(0) } as const;
  const rounds = { dtype: 'int64', shape: [], data: BigInt64Array.of(2n ** 62n) } as const;
  const endless = failureOf(loop.run({ x, rounds }));
  await registry.publish({ name: 'loop', version: '1.1.0', ...model });
  expect(await loop.update()).toBe('1.1.0');
  await loop.dispose();
  expect(await endless).toMatchObject(DISPOSED);
  await perigee.dispose();
  await threads.ended();
});

test('calls that wait for a worker while another version takes over are answered by that version', async () => {
  const { url, publish } = await registryOf();
  const model = await client({ registry: url }).load('sum', { ...LOCAL, idleReleaseMs: 0 });
  for (const [version, factor] of [
    ['1.1.0', 3],
    ['1.2.0', 4],
  ] as const) {
    await publish(version, factor);
    const done = new AbortController();
    const update = model.update().finally(() => done.abort());
    // Each call finds its worker ended and waits for another one.
    while (!done.signal.aborted) {
      expect([factor * 4 - 4, factor * 4]).toContain((await model.run(ONES))['y0']!.data[0]);
      await new Promise((resolve) => setTimeout(resolve));
    }
    expect(await update).toBe(version);
    expect((await model.run(ONES))['y0']!.data[0]).toBe(factor * 4);
  }
});

test('a load that waits for another load of the model can be aborted, and keeps its time limit', async () => {
  const held: ServerResponse[] = [];
  let isHeld = true;
  const { url } = await registryOf((path, response) => {
    if (!isHeld || !path.startsWith('blobs/')) return false;
    held.push(response);
    return true;
  });
  const perigee = client({ registry: url });
  const first = perigee.load('sum', LOCAL);
  await expect.poll(() => held.length).toBeGreaterThan(0);
  const controller = new AbortController();
  const second = perigee.load('sum', { ...LOCAL, signal: controller.signal });
  const third = perigee.load('sum', { update: 'latest', latestTimeoutMs: 50 });
  const failures = Promise.all([failureOf(second), failureOf(third)]);
  controller.abort(new Error('enough'));
  expect(await failures).toMatchObject([{ message: 'enough' }, { name: 'TimeoutError' }]);
  isHeld = false;
  for (const response of held) response.destroy();
  expect((await first).version).toBe('1.0.0');
});

test('dispose() of a model leaves no timer', async () => {
  const { url } = await registryOf();
  const timers = (): number =>
    process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const model = await client({ registry: url }).load('sum', LOCAL);
  await model.run(ONES);
  const before = timers();
  await model.dispose();
  expect(timers()).toBe(before);
});

test('encryption at rest is refused where files are not encrypted', async () => {
  expect(() => createPerigee({ encryptAtRest: true, store: { folder: '/tmp/models' } })).toThrow(
    expect.objectContaining({
      code: 'INVALID_CONFIG',
      message: expect.stringContaining('/tmp/models') as string,
    }),
  );
  // Memory is not at rest: models load and answer.
  const { url } = await registryOf();
  const model = await client({ registry: url, encryptAtRest: true }).load('sum', LOCAL);
  expect((await model.run(ONES))['y0']!.data[0]).toBe(8);
});
