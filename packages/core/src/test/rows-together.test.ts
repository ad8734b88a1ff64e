import { graphOutput, initializer, model as modelProto, node } from '@perigee/registry/onnx';
import { loadModel } from 'perigee';
import type { Model, Prediction } from 'perigee';
import { expect, onTestFinished, test } from 'vitest';
import { runReference } from '../../../../scripts/fuzz/compare.mjs';
import { floats, int64 } from '../../../../scripts/fuzz/random.mjs';
import { modelFiles, node as tfNode, placeholder } from '../engines/tfjs/graph.fixture.ts';
import { graphOf } from './slow-model.fixture.ts';

// Waiting calls are batched where rows are independent. Batching must not change any answer.

const ROWS = [0.5, 300, -2, 0.01].map((size) => Float32Array.of(size, -2 * size, 3 * size));

const number = (name: string, value: number) => initializer(name, int64([value], [1]));

const modelOf = (...fields: Uint8Array[]): Uint8Array<ArrayBuffer> =>
  modelProto(graphOf(['rows', 3], ['rows', 'columns'], ...fields));

/**
 * An If node that always takes its branch, which computes `result` from x; x is not an
 * input of the node.
 */
function taken(...branch: Uint8Array[]): Uint8Array[] {
  const graph = [...branch, graphOutput('result', 'float32', 2)];
  const yes = { dtype: 'bool', shape: [], data: Uint8Array.of(1) } as const;
  return [
    initializer('yes', yes),
    node('If', ['yes'], ['y'], { then_branch: { graph }, else_branch: { graph } }),
  ];
}

const mean = (name: string) => node('ReduceMean', ['x'], [name], { axes: [0] });
const size = [node('Shape', ['x'], ['shape'], { end: 1 }), number('one', 1), number('zero', 0)];

/** Models whose rows depend on each other or on their number. */
const COUPLED = {
  'less their mean': modelOf(mean('mean'), node('Sub', ['x', 'mean'], ['y'])),
  'less their mean, inside an If': modelOf(
    ...taken(mean('mean'), node('Sub', ['x', 'mean'], ['result'])),
  ),
  'times a sum over their number': modelOf(
    ...size,
    node('Add', ['shape', 'one'], ['more']),
    node('ConstantOfShape', ['more'], ['filled'], { value: floats([1]) }),
    node('ReduceSum', ['filled'], ['sum'], { keepdims: 0 }),
    node('Mul', ['x', 'sum'], ['y']),
  ),
  'with so many columns as there are rows': modelOf(
    ...size,
    node('Slice', ['x', 'zero', 'shape', 'one'], ['y']),
  ),
  'places of the largest': modelOf(
    ...size,
    node('Unsqueeze', ['x', 'one'], ['image']),
    node('MaxPool', ['image'], ['largest', 'place'], { kernel_shape: [3] }),
    node('Cast', ['place'], ['float'], { to: 1 }),
    node('Squeeze', ['float', 'one'], ['y']),
  ),
};

async function load(source: Parameters<typeof loadModel>[0], backend: Backend): Promise<Model> {
  const model = await loadModel(source, { backend, threads: 1 });
  onTestFinished(() => model.dispose());
  return model;
}
type Backend = 'native' | 'wasm' | 'cpu';

const valuesOf = ({ outputs }: Prediction): number[] =>
  Array.from(Object.values(outputs)[0]?.data as Float32Array);

/** Makes two equal warm-up calls, as apps do, then predicts the rows at once. */
async function together(model: Model): Promise<Prediction[]> {
  await Promise.all([model.predict(new Float32Array(3)), model.predict(new Float32Array(3))]);
  return Promise.all(ROWS.map((row) => model.predict(row)));
}

async function reference(bytes: Uint8Array): Promise<number[][]> {
  const alone = ROWS.map((data) =>
    runReference(bytes, { x: { dtype: 'float32', shape: [1, 3], data } }),
  );
  return (await Promise.all(alone)).map(({ outputs, failure }) => {
    if (!outputs?.['y']) throw new Error(failure);
    return Array.from(outputs['y'].data as Float32Array);
  });
}

const backends = ['native', 'wasm'] as const;
const cases = Object.keys(COUPLED).flatMap((name) => backends.map((one) => [name, one] as const));

test.each(cases)('rows %s, on %s: each gets the same outputs as alone', async (name, backend) => {
  const bytes = COUPLED[name as keyof typeof COUPLED];
  const answers = await together(await load(bytes, backend));
  expect(answers.map(valuesOf)).toEqual(await reference(bytes));
});

test.each([...backends, 'cpu'] as const)(
  'rows that are independent in the graph run together, on %s',
  async (backend) => {
    const bytes = modelOf(
      node('Shape', ['x'], ['shape'], { end: 1 }),
      number('rest', -1),
      node('Concat', ['shape', 'rest'], ['sizes'], { axis: 0 }),
      node('Reshape', ['x', 'sizes'], ['same']),
      node('Softmax', ['same'], ['y'], { axis: 1 }),
    );
    const answers = await together(await load(bytes, backend));
    expect(Math.max(...answers.map(({ timing }) => timing.batchSize))).toBeGreaterThan(1);
    const expected = await reference(bytes);
    answers.forEach((answer, i) =>
      valuesOf(answer).forEach((value, j) => expect(value).toBeCloseTo(expected[i]?.[j] ?? NaN, 5)),
    );
  },
);

test.each(backends)('where the graph does not decide, a trial does, on %s', async (backend) => {
  const bytes = modelOf(...taken(node('Neg', ['x'], ['result'])));
  const answers = await together(await load(bytes, backend));
  expect(Math.max(...answers.map(({ timing }) => timing.batchSize))).toBeGreaterThan(1);
  expect(answers.map(valuesOf)).toEqual(ROWS.map((row) => Array.from(row, (value) => -value)));
});

/** A TensorFlow.js model of x less its mean along an axis. Perigee does not analyse such graphs. */
function lessMean(axis: number): Map<string, Uint8Array> {
  const json = {
    format: 'graph-model',
    modelTopology: {
      node: [
        placeholder('x', [-1, 3]),
        tfNode('axis', 'Const', [], { dtype: { type: 'DT_INT32' } }),
        tfNode('mean', 'Mean', ['x', 'axis'], { keep_dims: { b: true } }),
        tfNode('y', 'Sub', ['x', 'mean']),
      ],
      versions: {},
    },
    weightsManifest: [
      { paths: ['w.bin'], weights: [{ name: 'axis', shape: [1], dtype: 'int32' }] },
    ],
  };
  return modelFiles(json, new Uint8Array(Int32Array.of(axis).buffer), 'w.bin');
}

test.each(['wasm', 'cpu'] as const)(
  'rows of a TensorFlow.js model less their mean: each gets the same outputs as alone, on %s',
  async (backend) => {
    const answers = await together(await load(lessMean(0), backend));
    // A single row equals its mean.
    expect(answers.map((answer) => valuesOf(answer).map(Math.abs))).toEqual(
      ROWS.map(() => [0, 0, 0]),
    );
    expect(answers.map(({ timing }) => timing.batchSize)).toEqual([1, 1, 1, 1]);
  },
);

test('rows of a TensorFlow.js model less their own means run together', async () => {
  const answers = await together(await load(lessMean(1), 'cpu'));
  expect(Math.max(...answers.map(({ timing }) => timing.batchSize))).toBeGreaterThan(1);
  answers.forEach((answer, i) => {
    const [a = 0, b = 0, c = 0] = ROWS[i] ?? [];
    const expected = [a, b, c].map((value) => value - (a + b + c) / 3);
    valuesOf(answer).forEach((value, j) => expect(value).toBeCloseTo(expected[j] ?? NaN, 3));
  });
});
