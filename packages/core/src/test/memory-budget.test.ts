import { createPerigee } from 'perigee';
import type { Model, Perigee, PerigeeConfig } from 'perigee';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { seededRandom } from '@perigee/profile/analysis';
import { expect, onTestFinished, test } from 'vitest';
import { createRegistry, serve } from '../updater/registry.fixture.ts';
import type { RegistryFixture } from '../updater/registry.fixture.ts';
import {
  ROOM_FOR_ONE,
  ROOM_FOR_THREE,
  ROOM_FOR_TWO,
  watchThreads,
} from './memory-budget.fixture.ts';
import { sumModel } from './working-model.fixture.ts';

const FACTORS = { twice: 2, thrice: 3, tenfold: 10 } as const;
type Name = keyof typeof FACTORS;

const LOCAL = { update: 'local', backend: 'cpu' } as const;
const row = (...data: readonly number[]) => ({
  x0: { dtype: 'float32', shape: [1, 4], data: Float32Array.from(data) } as const,
});

interface Device {
  readonly perigee: Perigee;
  readonly registry: RegistryFixture;
  /** Models that gave their workers back, in order. */
  readonly released: string[];
  /** Resolves when the model's workers are ended, also if they already are. */
  until(name: string): Promise<void>;
}

async function device(config: PerigeeConfig): Promise<Device> {
  const registry = createRegistry();
  for (const [name, factor] of Object.entries(FACTORS))
    await registry.publish({ name, version: '1.0.0', ...sumModel(factor) });
  const { url } = await serve(registry);
  const perigee = createPerigee({ registry: url, ...config });
  onTestFinished(() => perigee.dispose());
  const released: string[] = [];
  perigee.on('released', ({ model }) => released.push(model));
  const until = async (name: string): Promise<void> => {
    while (!released.includes(name))
      await new Promise<void>((resolve) => perigee.on('released', () => resolve()));
  };
  return { perigee, registry, released, until };
}

async function sumOf(model: Model, ...data: readonly number[]): Promise<number> {
  return Number((await model.predict(row(...data))).outputs['y0']?.data[0]);
}

test('the least recently used model makes room, and its next call is answered correctly', async () => {
  const { perigee, released, until } = await device({ memoryBudgetMB: ROOM_FOR_TWO });
  const twice = await perigee.load('twice', LOCAL);
  const thrice = await perigee.load('thrice', LOCAL);
  expect(await sumOf(thrice, 1, 2, 3, 4)).toBe(30);
  expect(await sumOf(twice, 1, 2, 3, 4)).toBe(20);
  const reason = new Promise<string>((resolve) =>
    perigee.on('released', (event) => resolve(event.reason)),
  );
  const tenfold = await perigee.load('tenfold', LOCAL);
  await until('thrice');
  expect(released).toEqual(['thrice']);
  expect(await reason).toMatch(
    /^about 33 MB were needed for other models, within memoryBudgetMB = 70$/,
  );

  expect(await sumOf(tenfold, 1, 2, 3, 4)).toBe(100);
  // The model "thrice" returns. Another model is now the least recently used.
  expect(await sumOf(thrice, 2, 2, 2, 2)).toBe(24);
  await until('twice');
  expect(released).toEqual(['thrice', 'twice']);
  expect(await sumOf(tenfold, 1, 0, 0, 0)).toBe(10);
});

test('a model with calls in flight keeps its worker until they are answered', async () => {
  const { perigee, until } = await device({ memoryBudgetMB: ROOM_FOR_ONE });
  const order: string[] = [];
  perigee.on('released', ({ model }) => order.push(`${model} released`));
  const twice = await perigee.load('twice', LOCAL);
  const inputs = Array.from({ length: 2_000 }, (_, i) => row(i, 0, 0, 0));
  const answers = twice.predictMany(inputs);
  const answered = answers.then(() => order.push('twice answered'));
  const thrice = await perigee.load('thrice', LOCAL);
  await answered;
  expect((await answers).map(({ outputs }) => outputs['y0']?.data[0])).toEqual(
    inputs.map((_, i) => 2 * i),
  );
  // Until this call "twice" may be the more recently used model, and "thrice" be released first.
  expect(await sumOf(thrice, 1, 1, 1, 1)).toBe(12);
  await until('twice');
  // The calls may be answered, and the worker released, before "thrice" is loaded.
  expect(order.filter((event) => event.startsWith('twice'))).toEqual([
    'twice answered',
    'twice released',
  ]);
});

test('models that take turns within the memory of one answer correctly', async () => {
  const { perigee } = await device({ memoryBudgetMB: ROOM_FOR_ONE });
  const names = Object.keys(FACTORS) as Name[];
  const models = await Promise.all(names.map((name) => perigee.load(name, LOCAL)));
  for (let round = 1; round <= 3; round += 1) {
    const sums = await Promise.all(models.map((model) => sumOf(model, round, round, 0, 0)));
    expect(sums).toEqual(names.map((name) => 2 * round * FACTORS[name]));
  }
});

test('a model that needs more than the budget alone loads, and keeps its worker', async () => {
  const { perigee, released, until } = await device({ memoryBudgetMB: 1 });
  const twice = await perigee.load('twice', LOCAL);
  expect(await sumOf(twice, 1, 1, 1, 1)).toBe(8);
  const thrice = await perigee.load('thrice', LOCAL);
  await until('twice');
  expect(await sumOf(thrice, 1, 1, 1, 1)).toBe(12);
  expect(await sumOf(thrice, 1, 1, 1, 2)).toBe(15);
  expect(released).toEqual(['twice']);
});

test('a model that is no longer on the device keeps its worker', async () => {
  const { perigee, released, until } = await device({ memoryBudgetMB: ROOM_FOR_TWO });
  const twice = await perigee.load('twice', LOCAL);
  await perigee.remove('twice');
  await perigee.load('thrice', LOCAL);
  await perigee.load('tenfold', LOCAL);
  await until('thrice');
  expect(released).toEqual(['thrice']);
  expect(await sumOf(twice, 1, 1, 1, 1)).toBe(8);
});

test('ten models, called in turn, at random and at once, stay within the memory of three', async () => {
  const registry = createRegistry();
  const factors = Array.from({ length: 10 }, (_, i) => i + 2);
  for (const factor of factors)
    await registry.publish({ name: `m${factor}`, version: '1.0.0', ...sumModel(factor) });
  const { url } = await serve(registry);
  const perigee = createPerigee({ registry: url, memoryBudgetMB: ROOM_FOR_THREE });
  onTestFinished(() => perigee.dispose());
  const released: string[] = [];
  perigee.on('released', ({ model }) => released.push(model));
  const threads = watchThreads();
  const models = await Promise.all(factors.map((factor) => perigee.load(`m${factor}`, LOCAL)));

  const ask = async (i: number, value: number): Promise<void> => {
    expect(await sumOf(models[i]!, value, 1, 0, 0)).toBe(factors[i]! * (value + 1));
  };
  for (let i = 0; i < models.length; i += 1) await ask(i, i);
  const random = seededRandom(22);
  const draw = (): number => Math.floor(random() * models.length);
  for (let call = 0; call < 30; call += 1) await ask(draw(), call);
  await Promise.all(Array.from({ length: 60 }, (_, call) => ask(draw(), call)));

  const loaded = (await perigee.models()).flatMap(({ loaded: instances }) => instances);
  expect(loaded).toHaveLength(models.length);
  const bytes = loaded.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0);
  expect(bytes).toBeLessThanOrEqual(ROOM_FOR_THREE * 1024 * 1024);
  expect(released.length).toBeGreaterThan(7);
  // Three models, the updater, and workers that have been ended but whose threads still stop.
  expect(threads.most).toBeLessThanOrEqual(3 + 1 + 2);
});

test('a model in use stays, while others take turns beside it', async () => {
  const { perigee, released } = await device({ memoryBudgetMB: ROOM_FOR_TWO });
  const [twice, thrice, tenfold] = await Promise.all(
    (['twice', 'thrice', 'tenfold'] as const).map((name) => perigee.load(name, LOCAL)),
  );
  expect(await sumOf(twice!, 1, 0, 0, 0)).toBe(2);
  released.length = 0;
  const inputs = Array.from({ length: 4_000 }, (_, i) => row(i, 0, 0, 0));
  const answers = twice!.predictMany(inputs);
  const releasedBefore = answers.then(() => [...released]);
  for (let round = 1; round <= 3; round += 1) {
    expect(await sumOf(thrice!, round, 0, 0, 0)).toBe(3 * round);
    expect(await sumOf(tenfold!, round, 0, 0, 0)).toBe(10 * round);
  }
  expect((await answers).at(-1)?.outputs['y0']?.data[0]).toBe(2 * 3_999);
  expect(await releasedBefore).not.toContain('twice');
});

/** Repeats work until the returned function is called. */
function repeat(work: () => Promise<unknown>): () => Promise<void> {
  const over = new AbortController();
  const go = async (): Promise<void> => {
    while (!over.signal.aborted) await work();
  };
  const repeating = go().catch(() => undefined);
  const end = async (): Promise<void> => {
    over.abort();
    await repeating;
  };
  onTestFinished(end);
  return end;
}

test('a model that is called again and again does not keep another one from opening', async () => {
  const { perigee } = await device({ memoryBudgetMB: ROOM_FOR_ONE });
  const twice = await perigee.load('twice', LOCAL);
  const end = repeat(() => sumOf(twice, 1, 1, 1, 1));
  const thrice = await perigee.load('thrice', LOCAL);
  expect(await sumOf(thrice, 1, 1, 1, 1)).toBe(12);
  await end();
});

test('a second worker that waits for memory opens when the first one ends', async () => {
  const { perigee } = await device({ memoryBudgetMB: ROOM_FOR_TWO });
  const thrice = await perigee.load('thrice', LOCAL);
  const inputs = Array.from({ length: 100 }, () => row(1, 1, 1, 1));
  const busy = [1, 2].map(() => repeat(() => thrice.predictMany(inputs)));
  const ended = firstExit();
  const twice = await perigee.load('twice', { ...LOCAL, workers: 2, idleReleaseMs: 1 });
  // Its second worker waits for the calls of the other model, which do not end.
  expect(await sumOf(twice, 1, 1, 1, 1)).toBe(8);
  await ended;
  expect(await sumOf(twice, 1, 1, 1, 2)).toBe(10);
  await Promise.all(busy.map((end) => end()));
});

/** Resolves when a worker ends that starts from now on. */
function firstExit(): Promise<unknown> {
  return new Promise((resolve) => {
    const onWorker = (worker: Worker): void => void worker.once('exit', resolve);
    process.on('worker', onWorker);
    onTestFinished(() => void process.off('worker', onWorker));
  });
}

/** A host that answers no request. `asked` resolves with the first one. */
async function silentHost(): Promise<{ readonly url: string; readonly asked: Promise<unknown> }> {
  const server = createServer();
  const asked = new Promise((resolve) => server.once('request', resolve));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, asked };
}

test('a model on this device does not wait for the download of another one', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'perigee-budget-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const first = await device({ store: { folder } });
  await first.perigee.load('thrice', LOCAL);
  await first.perigee.dispose();
  const { url, asked } = await silentHost();
  const perigee = createPerigee({ registry: url, store: { folder }, memoryBudgetMB: ROOM_FOR_ONE });
  onTestFinished(() => perigee.dispose());
  const slow = perigee.load('twice', LOCAL);
  slow.catch(() => undefined);
  // A worker has been started for it by now.
  await asked;
  const thrice = await perigee.load('thrice', LOCAL);
  expect(await sumOf(thrice, 1, 1, 1, 1)).toBe(12);
});

test('loads that failed leave nothing in the budget', async () => {
  const { perigee } = await device({ memoryBudgetMB: ROOM_FOR_TWO });
  for (let i = 0; i < 3; i += 1)
    await expect(perigee.load('unknown', LOCAL)).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
  const threads = watchThreads();
  // The worker of a model that has to be fetched starts before it is known that it cannot be.
  await expect(perigee.load('unknown', LOCAL)).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
  expect(threads.started).toBe(1);
});

test('an invalid budget is an error', async () => {
  expect(() => createPerigee({ memoryBudgetMB: -1 })).toThrow(
    /memoryBudgetMB is -1; expected a number from 0/,
  );
});
