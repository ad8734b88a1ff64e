import { graphInput, graphOutput, model as modelOf, node } from '@perigee/registry/onnx';
import { loadModel } from 'perigee';
import type { LoadModelOptions, Model, Tensor, Tensors, Trial } from 'perigee';
import { expect, onTestFinished, test } from 'vitest';
import { difference, runReference } from '../../../../scripts/fuzz/compare.mjs';
import { Random, tensor } from '../../../../scripts/fuzz/random.mjs';
import { graphOf, inputOf, layersOverPositions, weights } from './slow-model.fixture.ts';

async function load(
  bytes: Uint8Array<ArrayBuffer>,
  options: LoadModelOptions = {},
): Promise<Model> {
  const model = await loadModel(bytes, options);
  onTestFinished(() => model.dispose());
  return model;
}

async function offReference(bytes: Uint8Array, feeds: Tensors, got: Tensors): Promise<unknown> {
  const { outputs, failure } = await runReference(bytes, feeds);
  return outputs ? difference(got, outputs, 1e-4) : failure;
}

test.each(['predict', 'run'] as const)(
  'after one slow %s() in plain JavaScript the model moves to ONNX Runtime; calls are answered all the while',
  async (method) => {
    const bytes = layersOverPositions();
    const [large, small] = [{ x: inputOf(2_500) }, { x: inputOf(3) }];
    const [model, asked] = [await load(bytes), await load(bytes, { backend: 'cpu' })];
    expect([model.engine, asked.engine]).toEqual(['instant', 'instant']);
    const ask = async (feeds: Tensors, whom = model): Promise<Tensors> =>
      method === 'run' ? whom.run(feeds) : (await whom.predict(feeds)).outputs;

    const order: string[] = [];
    const between: Promise<Tensors>[] = [];
    model.on('trial', ({ backend }) => {
      order.push(`tried ${backend}`);
      const call = ask(small);
      between.push(call);
      call.then(
        () => order.push(`answered after ${backend}`),
        () => undefined,
      );
    });
    const moved = new Promise<{ from: string; to: string }>((resolve) => {
      model.on('backend', (event) => {
        order.push('moved');
        resolve(event);
      });
    });
    await ask(large, asked);
    const first = await ask(large);
    // The answer arrives before any trial, and no call waits for one.
    expect(order).toEqual([]);
    const { from, to } = await moved;
    expect(from).toBe('cpu');
    expect([model.backend, model.engine]).toEqual([to, 'onnx']);
    expect(order.indexOf('answered after cpu')).toBeGreaterThan(order.indexOf('tried cpu'));
    expect(order.indexOf('answered after cpu')).toBeLessThan(order.indexOf('moved'));
    // A requested backend is not changed.
    expect([asked.engine, asked.trials]).toEqual(['instant', []]);

    expect(await offReference(bytes, large, first)).toBeNull();
    expect(await offReference(bytes, large, await ask(large))).toBeNull();
    for (const call of between) expect(await offReference(bytes, small, await call)).toBeNull();
    // The trials used the shapes of the call. With only a few positions, plain JavaScript is fast.
    expect(model.trials.map(({ backend, verdict }) => [backend, verdict])).toEqual(
      expect.arrayContaining([
        ['cpu', 'passed'],
        ['native', 'passed'],
        ['wasm', 'passed'],
      ]),
    );
  },
);

test.each([
  [3, 'instant'],
  [5, 'onnx'],
])('%i filters over 64 × 64 × 64 values open on the engine %s', async (filters, engine) => {
  const random = new Random(filters);
  // A filter takes 262,144 multiplications.
  const kernel = weights(random, 'kernel', [filters, 64, 1, 1]);
  const bytes = modelOf(graphOf(4, 4, kernel, node('Conv', ['x', 'kernel'], ['y'])));
  const model = await load(bytes);
  expect(model.engine).toBe(engine);
  const feeds = { x: tensor(random, 'float32', [1, 64, 8, 8], { tame: true }) as Tensor };
  expect(await offReference(bytes, feeds, (await model.predict(feeds)).outputs)).toBeNull();
});

test('a classifier of files, one convolution over 512 positions and dense layers, opens on ONNX Runtime', async () => {
  const random = new Random(33);
  const bytes = modelOf(
    graphOf(
      3,
      2,
      weights(random, 'kernel', [256, 64, 5]),
      weights(random, 'wide', [256, 1_400]),
      weights(random, 'narrow', [1_400, 200]),
      node('Transpose', ['x'], ['channels'], { perm: [0, 2, 1] }),
      node('Conv', ['channels', 'kernel'], ['found'], { kernel_shape: [5] }),
      node('Relu', ['found'], ['positive']),
      node('GlobalMaxPool', ['positive'], ['best']),
      node('Flatten', ['best'], ['flat']),
      node('MatMul', ['flat', 'wide'], ['hidden']),
      node('Tanh', ['hidden'], ['bent']),
      node('MatMul', ['bent', 'narrow'], ['scores']),
      node('Softmax', ['scores'], ['y']),
    ),
  );
  expect(bytes.byteLength).toBeGreaterThan(2.5e6);
  const model = await load(bytes);
  expect(model.engine).toBe('onnx');
  expect(model.trials).toMatchObject([
    {
      backend: 'cpu',
      verdict: 'skipped',
      reason: expect.stringContaining('multiplications') as string,
    },
  ]);
  const feeds = { x: tensor(random, 'float32', [1, 512, 64], { tame: true }) as Tensor };
  expect(await offReference(bytes, feeds, (await model.predict(feeds)).outputs)).toBeNull();
});

/** The first `trial` event of a model. */
function trialOf(model: Model): Promise<Trial> {
  return new Promise((resolve) => {
    model.on('trial', resolve);
  });
}

test('a slow call of more than four million values starts a search with fewer rows', async () => {
  const graph = graphOf(
    2,
    2,
    weights(new Random(5), 'w', [64, 2]),
    node('Tanh', ['x'], ['bent']),
    node('MatMul', ['bent', 'w'], ['y']),
  );
  const model = await load(modelOf(graph));
  expect(model.engine).toBe('instant');
  const tried = trialOf(model);
  const rows = 2 ** 16 + 1;
  const data = new Float32Array(rows * 64).fill(0.5);
  await model.run({ x: { dtype: 'float32', shape: [rows, 64], data } });
  expect(await tried).toMatchObject({ backend: 'cpu', verdict: 'passed' });
});

/** A model with a second output: the rows of the first output at given indexes. */
function rowsOfLayers(): Uint8Array<ArrayBuffer> {
  return layersOverPositions([
    graphInput('i', 'int64', 1),
    graphOutput('rows', 'float32', 3),
    node('Gather', ['y', 'i'], ['rows']),
  ]);
}

test('after a search that found nothing, a slower call starts another', async () => {
  const model = await load(rowsOfLayers());
  const ask = async (batch: number, positions: number): Promise<void> => {
    const x = tensor(new Random(1), 'float32', [batch, positions, 16], { tame: true }) as Tensor;
    const i: Tensor = { dtype: 'int64', shape: [8], data: new BigInt64Array(8) };
    await model.run({ x, i });
  };
  await ask(1, 3);
  // Generated indexes are 0 and 1, and a single row has no second one, so there are no samples.
  const skipped = trialOf(model);
  await ask(1, 2_500);
  expect(await skipped).toMatchObject({ verdict: 'skipped' });

  const moves: string[] = [];
  model.on('backend', ({ to }) => moves.push(to));
  // The search ends behind its last trial. A call starts another only after that.
  while (moves.length === 0) await ask(2, 6_000);
  expect([model.backend, model.engine]).toEqual([moves[0], 'onnx']);
});
