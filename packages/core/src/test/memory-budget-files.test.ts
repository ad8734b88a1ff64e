import { fileURLToPath } from 'node:url';
import { seededRandom } from '@perigee/profile/analysis';
import { expect, test } from 'vitest';
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
  watchThreads,
} from './memory-budget.fixture.ts';
import { sumModel } from './working-model.fixture.ts';

/** Runs in the thread that loads it. */
const SMALL = fileURLToPath(new URL('../../../../e2e/models/two-layers.onnx', import.meta.url));

test('ten files by URL, called in turn and at once, stay within the memory of three', async () => {
  const { addressOf } = await host();
  const { released } = budgeted({ memoryBudgetMB: ROOM_FOR_THREE });
  const factors = Array.from({ length: 10 }, (_, i) => i + 2);
  const threads = watchThreads();
  const models = await Promise.all(factors.map((factor) => load(addressOf(factor))));
  const ask = async (i: number, value: number): Promise<void> => {
    expect(await sumOf(models[i]!, value, 1, 0, 0)).toBe(factors[i]! * (value + 1));
  };
  for (let i = 0; i < models.length; i += 1) await ask(i, i);
  const random = seededRandom(22);
  const draw = (): number => Math.floor(random() * models.length);
  await Promise.all(Array.from({ length: 30 }, (_, call) => ask(draw(), call)));
  expect(released.length).toBeGreaterThan(7);
  // Three models, and workers that have been ended but whose threads still stop.
  expect(threads.most).toBeLessThanOrEqual(3 + 2);
});

test('bytes are opened again, too, although the app has changed its array since', async () => {
  const { until: untilReleased } = budgeted({ memoryBudgetMB: ROOM_FOR_ONE });
  const bytes = bytesOf(2);
  const first = await load(bytes);
  bytes.fill(0);
  const second = await load(new Map([['three.onnx', bytesOf(3)]]));
  expect(await sumOf(second, 1, 1, 1, 1)).toBe(12);
  await untilReleased(first.name);
  expect(await sumOf(first, 1, 1, 1, 1)).toBe(8);
  await untilReleased(second.name);
  expect(await sumOf(second, 1, 1, 1, 2)).toBe(15);
});

test('files and models by name make room for each other', async () => {
  const registry = createRegistry();
  await registry.publish({ name: 'twice', version: '1.0.0', ...sumModel(2) });
  const { url } = await serve(registry);
  const { addressOf } = await host();
  const { perigee, until: untilReleased } = budgeted({
    registry: url,
    memoryBudgetMB: ROOM_FOR_ONE,
  });
  const twice = await perigee.load('twice', { update: 'local', backend: 'cpu' });
  const thrice = await load(addressOf(3));
  await untilReleased('twice');
  expect(await sumOf(thrice, 1, 1, 1, 1)).toBe(12);
  expect(await sumOf(twice, 1, 1, 1, 1)).toBe(8);
  await untilReleased(addressOf(3));
  expect(await sumOf(thrice, 1, 1, 1, 2)).toBe(15);
});

test('files that may not come again keep their workers, and count', async () => {
  const { addressOf, answersOnce, requests } = await host();
  const { released, until: untilReleased } = budgeted({ memoryBudgetMB: ROOM_FOR_ONE });
  answersOnce.add('/2.onnx');
  const blobUrl = URL.createObjectURL(new Blob([bytesOf(4)]));
  const kept = [
    await load(addressOf(2)),
    await load(addressOf(3), { ...WORKER, request: { fetch } }),
    await load(blobUrl),
  ];
  URL.revokeObjectURL(blobUrl);
  const five = await load(addressOf(5));
  const six = await load(addressOf(6));
  await untilReleased(five.name);
  expect(await sumOf(six, 1, 0, 0, 0)).toBe(6);
  expect(await Promise.all(kept.map((model) => sumOf(model, 1, 0, 0, 0)))).toEqual([2, 3, 4]);
  const names = kept.map(({ name }) => name);
  expect(released.filter((name) => names.includes(name))).toEqual([]);
  expect(requests.filter((request) => request === 'GET /2.onnx')).toHaveLength(1);
});

test('a file counts with its bytes, and gives room back when it is disposed', async () => {
  const size = 5_000_000;
  const { addressOf } = await host(size);
  const { released, until: untilReleased } = budgeted({ memoryBudgetMB: 100 });
  const small = await load(bytesOf(2));
  // 32 MB and twice its 20 MB do not fit beside the other one.
  const large = await load(addressOf(3));
  await untilReleased(small.name);
  const data = new Float32Array(size);
  data[size - 1] = 2;
  const { y0 } = await large.run({ x0: { dtype: 'float32', shape: [1, size], data } });
  expect(y0?.data[0]).toBe(6);
  await large.dispose();
  expect(await sumOf(small, 1, 1, 1, 1)).toBe(8);
  const other = await load(bytesOf(4));
  expect(await sumOf(other, 1, 1, 1, 1)).toBe(16);
  expect(released).toEqual([small.name]);
});

test('files that run in this thread need no room', async () => {
  const { addressOf } = await host();
  const { released, until: untilReleased } = budgeted({ memoryBudgetMB: ROOM_FOR_TWO });
  const first = await load(addressOf(2));
  const second = await load(addressOf(3));
  const small = await Promise.all(Array.from({ length: 4 }, () => load(SMALL)));
  expect(small.map(({ inPlace }) => inPlace)).toEqual([true, true, true, true]);
  expect(await sumOf(first, 1, 0, 0, 0)).toBe(2);
  expect(released).toEqual([]);
  await load(addressOf(8));
  await untilReleased(second.name);
  expect(released).toEqual([second.name]);
});

test('a budget that is set later counts files that are loaded', async () => {
  const { addressOf } = await host();
  const first = await load(addressOf(2));
  const second = await load(addressOf(3));
  const { until: untilReleased } = budgeted({ memoryBudgetMB: ROOM_FOR_ONE });
  await untilReleased(first.name);
  expect(await sumOf(second, 1, 1, 1, 1)).toBe(12);
  expect(await sumOf(first, 1, 1, 1, 1)).toBe(8);
  await untilReleased(second.name);
});

test('a file that moves into a worker counts from then on', async () => {
  const { addressOf } = await host();
  const { released, until: untilReleased } = budgeted({ memoryBudgetMB: ROOM_FOR_ONE });
  const small = await load(SMALL);
  const other = await load(addressOf(2));
  expect(small.inPlace).toBe(true);
  expect(released).toEqual([]);
  const rows = 20_000;
  const [input] = small.signature.inputs;
  const columns = Number(input!.shape.at(-1));
  const data = new Float32Array(rows * columns);
  await small.run({ [input!.name]: { dtype: 'float32', shape: [rows, columns], data } });
  expect(small.inPlace).toBe(false);
  await untilReleased(other.name);
  expect(await sumOf(other, 1, 1, 1, 1)).toBe(8);
  await untilReleased(small.name);
});
