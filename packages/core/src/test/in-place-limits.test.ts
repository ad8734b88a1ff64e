import { gzipSync } from 'node:zlib';
import { graphInput, graphOutput, initializer, model, node } from '@perigee/registry/onnx';
import { loadModel } from 'perigee';
import { expect, onTestFinished, test } from 'vitest';

/** A size that this thread has no time for, and a worker has. */
const MANY = 100_000;

/** A model from x to y, each of one number, with further parts. */
function modelOf(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const io = [graphInput('x', 'float32', [1]), graphOutput('y', 'float32', [1])];
  return model([...parts, node('Relu', ['x'], ['y']), ...io], { opsets: { '': 13 } });
}

const sizes = (name: string, ...list: readonly number[]): Uint8Array =>
  initializer(name, {
    dtype: 'int64',
    shape: [list.length],
    data: BigInt64Array.from(list, BigInt),
  });

const zeros = (name: string, shape: readonly number[], length: number): Uint8Array =>
  initializer(name, { dtype: 'float32', shape, data: new Float32Array(length) });

/** A model with so many trees, each of one leaf. A row visits each leaf. */
function trees(count: number): Uint8Array<ArrayBuffer> {
  const each = (value: number): readonly number[] => Array.from({ length: count }, () => value);
  const ids = Array.from({ length: count }, (_, tree) => tree);
  const nodes = {
    nodes_treeids: ids,
    nodes_nodeids: each(0),
    nodes_featureids: each(0),
    nodes_values: { floats: each(0) },
    nodes_modes: ids.map(() => 'LEAF'),
    nodes_truenodeids: each(0),
    nodes_falsenodeids: each(0),
    target_treeids: ids,
    target_nodeids: each(0),
    target_ids: each(0),
    target_weights: { floats: each(0.5) },
    n_targets: 1,
  };
  const forest = node('TreeEnsembleRegressor', ['x'], ['y'], nodes, { domain: 'ai.onnx.ml' });
  const io = [graphInput('x', 'float32', [1, 1]), graphOutput('y', 'float32', [1, 1])];
  return model([forest, ...io], { opsets: { '': 13, 'ai.onnx.ml': 3 } });
}

/** The constants `from`, of many numbers, and computations with them. */
const chainOf = (from: string): readonly Uint8Array[] => [
  node('Exp', [from], ['e0']),
  node('Exp', ['e0'], ['e1']),
];

/** The file with AttributeProto.type (field 20) of lists of integers as if each was one integer. */
function withWrongTypes(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  for (let i = 2; i < bytes.length; i += 1)
    if (bytes[i - 2] === 0xa0 && bytes[i - 1] === 1 && bytes[i] === 7) bytes[i] = 2;
  return bytes;
}

test.each<[string, Uint8Array<ArrayBuffer>]>([
  [
    'an empty tensor of many rows',
    modelOf(zeros('a', [MANY, 0], 0), node('Concat', ['a', 'a'], ['b'], { axis: 1 })),
  ],
  [
    'a node with less than no steps',
    modelOf(
      sizes('s', MANY),
      node('ConstantOfShape', ['s'], ['a']),
      ...chainOf('a'),
      sizes('p', -10_000_000, 0),
      node('Pad', ['x', 'p'], ['']),
    ),
  ],
  [
    'a constant of two values',
    modelOf(
      node('Constant', [], ['s'], {
        value_ints: [MANY],
        value: { dtype: 'int64', shape: [1], data: BigInt64Array.of(1n) },
      }),
      node('ConstantOfShape', ['s'], ['a']),
      ...chainOf('a'),
    ),
  ],
  [
    'parts of a tensor that are not as many as the node has outputs',
    modelOf(
      zeros('a', [400], 400),
      node('Split', ['a'], ['b', 'c'], { num_outputs: 400 }),
      sizes('rows', 1, -1),
      sizes('columns', -1, 1),
      node('Reshape', ['b', 'rows'], ['d']),
      node('Reshape', ['c', 'columns'], ['e']),
      node('Add', ['d', 'e'], ['f']),
    ),
  ],
  [
    'a list whose type is that of a number',
    withWrongTypes(
      modelOf(
        zeros('a', [1, 1, 1], 1),
        node('MaxPool', ['a'], ['b'], { kernel_shape: [1], pads: [0, MANY] }),
        ...chainOf('b'),
      ),
    ),
  ],
  [
    'more dimensions than any model has',
    modelOf(
      zeros(
        'a',
        Array.from({ length: 40 }, () => 1),
        1,
      ),
      node('Exp', ['a'], ['b']),
    ),
  ],
  [
    'a size out of a list that is longer than any shape',
    modelOf(
      sizes('s', ...Array.from({ length: 40 }, () => 1)),
      sizes('first', 0),
      node('Concat', ['s', 's'], ['t'], { axis: 0 }),
      node('Gather', ['t', 'first'], ['u'], { axis: 0 }),
      node('ConstantOfShape', ['u'], ['a']),
    ),
  ],
  [
    'a size that is the default of an input',
    modelOf(
      sizes('s', 1),
      graphInput('s', 'int64', [1]),
      node('ConstantOfShape', ['s'], ['a']),
      ...chainOf('a'),
    ),
  ],
  ['thousands of trees', trees(3_000)],
  ['a gzip file of a large one', new Uint8Array(gzipSync(modelOf(zeros('unused', [MANY], MANY))))],
])('a small file with %s runs in a worker', async (_what, bytes) => {
  const loaded = await loadModel(bytes, { backend: 'cpu' });
  onTestFinished(() => loaded.dispose());
  expect(loaded.inPlace).toBe(false);
});

test('the same files without these parts, or with fewer, run in place', async () => {
  for (const bytes of [modelOf(), trees(100), new Uint8Array(gzipSync(modelOf()))]) {
    const loaded = await loadModel(bytes, { backend: 'cpu' });
    onTestFinished(() => loaded.dispose());
    expect(loaded.inPlace).toBe(true);
  }
});
