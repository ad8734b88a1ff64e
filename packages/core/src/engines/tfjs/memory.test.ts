import { memory } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import type { EngineSession } from '../engine.ts';
import { tfjsEngine } from './engine.ts';
import { graphModel, layersModel, node, placeholder, tensorInfo, weight } from './graph.fixture.ts';

// These tests use the engine without a worker: only its own thread sees the tensors in memory.

const open = (files: ReadonlyMap<string, Uint8Array>): Promise<EngineSession> =>
  tfjsEngine.create(
    { entry: 'model.json', files: Object.fromEntries(files) },
    { backend: 'cpu', threads: 1, files: {}, wasmUrl: null, optimized: false },
  );

const vector = (length: number) =>
  ({ dtype: 'float32', shape: [length], data: new Float32Array(length).fill(1) }) as const;

const product = graphModel(
  [
    placeholder('x', [-1]),
    placeholder('z', [-1]),
    weight('w'),
    node('scaled', 'Mul', ['x', 'w']),
    node('y', 'AddV2', ['scaled', 'z']),
  ],
  { w: { shape: [1], values: [3] } },
  {
    signature: { outputs: { y: tensorInfo('y:0', 'DT_FLOAT'), w: tensorInfo('w:0', 'DT_FLOAT') } },
  },
);
/** The operator Where runs asynchronously. Tensors before it are left over if the sum fails. */
const places = graphModel(
  [
    placeholder('x', [-1]),
    placeholder('z', [-1]),
    node('double', 'AddV2', ['x', 'x']),
    node('where', 'Where', ['double']),
    node('y', 'AddV2', ['double', 'z']),
  ],
  {},
);
const dense = layersModel(
  {
    class_name: 'Sequential',
    config: {
      name: 's',
      layers: [
        { class_name: 'Dense', config: { name: 'd', units: 1, batch_input_shape: [null, 2] } },
      ],
    },
  },
  { 'd/kernel': { shape: [2, 1], values: [1, 2] }, 'd/bias': { shape: [1], values: [0] } },
);

test.each([
  ['a graph', product],
  ['a graph that runs asynchronously', places],
] as const)('runs of %s, and runs that fail, keep no tensors', async (_what, files) => {
  const before =
    (await open(dense).then(async (session) => session.dispose()), memory().numTensors);
  const session = await open(files);
  await session.run({ x: vector(2), z: vector(2) });
  const { numTensors } = memory();
  for (let i = 0; i < 20; i += 1) {
    await session.run({ x: vector(2), z: vector(2) });
    await expect(session.run({ x: vector(2), z: vector(3) })).rejects.toMatchObject({
      code: 'INFERENCE_FAILED',
    });
  }
  expect(memory().numTensors).toBe(numTensors);
  await session.dispose();
  expect(memory().numTensors).toBe(before);
});

test("runs of two models at once leave each other's tensors alone", async () => {
  const sessions = await Promise.all([open(product), open(places)]);
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, i) => sessions[i % 2]!.run({ x: vector(2), z: vector(2) })),
  );
  expect(answers.map(({ y }) => [...(y!.data as Float32Array)])).toEqual(
    answers.map((_, i) => (i % 2 === 0 ? [4, 4] : [3, 3])),
  );
  for (const session of sessions) await session.dispose();
});

test('a layers model keeps no tensors of its runs', async () => {
  const session = await open(dense);
  const input = session.signature.inputs[0]!.name;
  const run = () =>
    session.run({ [input]: { dtype: 'float32', shape: [1, 2], data: Float32Array.of(1, 2) } });
  const { numTensors } = (await run(), memory());
  for (let i = 0; i < 10; i += 1) await run();
  expect(memory().numTensors).toBe(numTensors);
  await session.dispose();
});

test('a model that cannot be opened leaves no tensors', async () => {
  await open(dense).then(async (session) => session.dispose());
  const { numTensors } = memory();
  const lacking = graphModel(
    [placeholder('x', [-1]), weight('w'), node('y', 'Frobnicate', ['x', 'w'])],
    { w: { shape: [1], values: [3] } },
  );
  await expect(open(lacking)).rejects.toMatchObject({ code: 'UNSUPPORTED_OPERATOR' });
  expect(memory().numTensors).toBe(numTensors);
});

test('the names of an older manifest are kept', async () => {
  const files = graphModel(
    [placeholder('x', [-1]), node('y', 'Relu', ['x'])],
    {},
    {
      signature: {
        inputs: { image: tensorInfo('x:0', 'DT_FLOAT', [-1]) },
        outputs: { scores: tensorInfo('y:0', 'DT_FLOAT', [-1]) },
      },
    },
  );
  const session = await tfjsEngine.create(
    { entry: 'model.json', files: Object.fromEntries(files) },
    { backend: 'cpu', threads: 1, files: {}, wasmUrl: null, optimized: false, names: ['x', 'y'] },
  );
  expect([session.signature.inputs[0]?.name, session.signature.outputs[0]?.name]).toEqual([
    'x',
    'y',
  ]);
  expect(await session.run({ x: vector(1) })).toEqual({ y: vector(1) });
  expect(session.aliases?.get('scores')).toBe('y');
  await session.dispose();
});
