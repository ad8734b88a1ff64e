import { expect, onTestFinished, test, vi } from 'vitest';
import { createRegistry, serve } from '../updater/registry.fixture.ts';
import {
  ROOM_FOR_ONE,
  ROOM_FOR_THREE,
  ROOM_FOR_TWO,
  WORKER,
  budgeted,
  bytesOf,
  host,
  load,
  sumOf,
} from './memory-budget.fixture.ts';
import { loopModel, sumModel } from './working-model.fixture.ts';
import type { WorkingModel } from './working-model.fixture.ts';

const LOCAL = { ...WORKER, update: 'local' } as const;

/** Makes the device so small that this is the default budget. */
function setDefaultBudget(mb: number): void {
  const memory = vi.spyOn(process, 'constrainedMemory').mockReturnValue(4 * mb * 1024 ** 2);
  onTestFinished(() => memory.mockRestore());
}

/** Moves the clock of this thread forward. */
function moveClock(ms: number): void {
  const now = performance.now.bind(performance);
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now() + ms);
  onTestFinished(() => clock.mockRestore());
}

/** The address of a registry with models by name. */
async function registryOf(models: Readonly<Record<string, WorkingModel>>): Promise<string> {
  const registry = createRegistry();
  for (const [name, model] of Object.entries(models))
    await registry.publish({ name, version: '1.0.0', ...model });
  return (await serve(registry)).url;
}

const isHead = (request: string): boolean => request.startsWith('HEAD');

test('a Perigee without a model and a budget of its own limits no files', async () => {
  setDefaultBudget(ROOM_FOR_ONE);
  const { addressOf, requests } = await host();
  const { released } = budgeted({});
  const models = [];
  for (const factor of [2, 3, 4]) models.push(await load(addressOf(factor)));
  expect(await Promise.all(models.map((model) => sumOf(model, 1, 0, 0, 0)))).toEqual([2, 3, 4]);
  expect(requests.filter(isHead)).toEqual([]);
  expect(released).toEqual([]);
});

test('a default budget limits files until the models of its Perigee are disposed', async () => {
  setDefaultBudget(ROOM_FOR_ONE);
  const { addressOf, requests } = await host();
  const { perigee, released, until } = budgeted({
    registry: await registryOf({ twice: sumModel(2) }),
  });
  const twice = await perigee.load('twice', LOCAL);
  const thrice = await load(addressOf(3));
  await until('twice');
  expect(await sumOf(thrice, 1, 1, 1, 1)).toBe(12);
  await twice.dispose();
  const four = await load(addressOf(4));
  expect(await sumOf(four, 1, 1, 1, 1)).toBe(16);
  expect(await sumOf(thrice, 1, 1, 1, 2)).toBe(15);
  expect(requests.filter(isHead)).toEqual([]);
  expect(released).toEqual(['twice']);
});

test('a budget that the app sets replaces the default of loadModel() by name', async () => {
  setDefaultBudget(ROOM_FOR_ONE);
  const { addressOf, requests } = await host();
  const registry = await registryOf({ twice: sumModel(2) });
  const { released, until } = budgeted({ memoryBudgetMB: ROOM_FOR_TWO });
  const twice = await load('twice', { ...LOCAL, registry });
  const thrice = await load(addressOf(3));
  await load(addressOf(4));
  expect(await sumOf(twice, 1, 1, 1, 1)).toBe(8);
  expect(requests.filter(isHead)).toEqual([]);
  await load(addressOf(5));
  await until(thrice.name);
  expect(released).toEqual([thrice.name]);
  expect(await sumOf(twice, 1, 1, 1, 2)).toBe(10);
});

test('a file that waits for one budget keeps the room that it has in another', async () => {
  const registry = await registryOf({
    thrice: sumModel(3),
    tenfold: sumModel(10),
    loop: await loopModel(),
  });
  const wide = budgeted({ registry, memoryBudgetMB: ROOM_FOR_THREE });
  const narrow = budgeted({ registry, memoryBudgetMB: 100 });
  const loop = await narrow.perigee.load('loop', { ...LOCAL, backend: 'wasm' });
  const endless = loop.run({
    x: { dtype: 'float32', shape: [1], data: new Float32Array(1) },
    rounds: { dtype: 'int64', shape: [], data: BigInt64Array.of(2n ** 62n) },
  });
  endless.catch(() => undefined);
  await narrow.perigee.load('thrice', LOCAL);
  await wide.perigee.load('thrice', LOCAL);
  let isOpen = false;
  // It needs 70 MB: two thirds of one budget, and more than the other has beside a busy model.
  const large = load(bytesOf(5, 5_000_000)).finally(() => (isOpen = true));
  await narrow.until('thrice');
  await wide.perigee.load('tenfold', LOCAL);
  expect({ isOpen, released: wide.released }).toEqual({ isOpen: false, released: ['thrice'] });
  await loop.dispose();
  await large;
  expect(wide.released).toEqual(['thrice']);
});

test('a host that did not answer is asked again after a minute', async () => {
  const { addressOf, answersOnce, requests } = await host();
  const { released, until } = budgeted({ memoryBudgetMB: ROOM_FOR_ONE });
  answersOnce.add('/2.onnx');
  const twice = await load(addressOf(2));
  const thrice = await load(addressOf(3));
  answersOnce.clear();
  expect(await sumOf(thrice, 1, 1, 1, 1)).toBe(12);
  expect(requests.filter(isHead)).toEqual(['HEAD /2.onnx']);
  expect(released).toEqual([]);
  moveClock(61_000);
  expect(await sumOf(thrice, 1, 1, 1, 2)).toBe(15);
  await until(twice.name);
  expect(requests.filter(isHead)).toEqual(['HEAD /2.onnx', 'HEAD /2.onnx']);
  expect(await sumOf(twice, 1, 1, 1, 1)).toBe(8);
});

test('a Perigee that is disposed ends no workers, and limits no files any more', async () => {
  const hosted = await host();
  const { addressOf, requests } = hosted;
  const { perigee } = budgeted({ memoryBudgetMB: ROOM_FOR_ONE });
  const twice = await load(addressOf(2));
  let answerHeads = (): void => undefined;
  hosted.headsAfter = new Promise<void>((resolve) => (answerHeads = resolve));
  const opening = load(addressOf(3));
  await vi.waitFor(() => expect(requests).toContain('HEAD /2.onnx'));
  await perigee.dispose();
  answerHeads();
  const thrice = await opening;
  await load(addressOf(4));
  for (let i = 1; i <= 20; i += 1) expect(await sumOf(thrice, i, 0, 0, 0)).toBe(3 * i);
  expect(await sumOf(twice, 1, 1, 1, 1)).toBe(8);
  expect(requests.filter((request) => request === 'GET /2.onnx')).toHaveLength(1);
  expect(requests.filter(isHead)).toEqual(['HEAD /2.onnx']);
});

test('a file whose memory two Perigees need is reported once', async () => {
  const { addressOf } = await host();
  const twice = await load(addressOf(2));
  const thrice = await load(addressOf(3));
  const both = [1, 2].map(() => budgeted({ memoryBudgetMB: ROOM_FOR_ONE }));
  await Promise.race(both.map(({ until }) => until(twice.name)));
  for (let i = 1; i <= 20; i += 1) expect(await sumOf(thrice, i, 0, 0, 0)).toBe(3 * i);
  expect(both.flatMap(({ released }) => released)).toEqual([twice.name]);
  expect(await sumOf(twice, 1, 1, 1, 1)).toBe(8);
});
