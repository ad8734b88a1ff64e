import { expect, test } from 'vitest';
import {
  graphModel,
  modelFiles,
  node,
  ofType,
  placeholder,
  tensorInfo,
  weight,
} from './graph.fixture.ts';
import { failure } from './load.fixture.ts';

test('complex outputs are refused with the way out', async () => {
  const complex = { T: ofType('DT_COMPLEX64'), Tcomplex: ofType('DT_COMPLEX64') };
  const error = await failure(
    graphModel(
      [
        placeholder('x', [2]),
        placeholder('i', [2]),
        node('z', 'Complex', ['x', 'i'], { Tout: ofType('DT_COMPLEX64') }),
        node('f', 'FFT', ['z'], complex),
      ],
      {},
    ),
  );
  expect(error).toMatchObject({
    code: 'UNSUPPORTED_MODEL',
    message: expect.stringMatching(
      /"f" has the element type complex64.*real and the imaginary part/,
    ) as string,
  });
});

test('all operators that TensorFlow.js lacks are named, and no backend is advised', async () => {
  const error = await failure(
    graphModel(
      [
        placeholder('x', [1]),
        node('a', 'Frobnicate', ['x']),
        node('b', 'MyOp', ['a']),
        node('c', 'MyOp', ['b']),
        node('unused', 'Relu', ['x']),
      ],
      {},
    ),
  );
  expect(error).toMatchObject({
    code: 'UNSUPPORTED_OPERATOR',
    details: { operators: ['Frobnicate', 'MyOp'] },
  });
  expect(error.message).toMatch(
    /the operators Frobnicate, MyOp, which TensorFlow\.js does not have on any backend/,
  );
  expect(error.message).not.toMatch(/auto/);
});

const json = (text: string) =>
  modelFiles(null, new Uint8Array(0)).set('model.json', new TextEncoder().encode(text));

test.each<[string, Map<string, Uint8Array>, RegExp]>([
  [
    'a node twice',
    graphModel([placeholder('x', [1]), node('y', 'Relu', ['x']), node('y', 'Relu', ['x'])], {}),
    /two nodes "y"/,
  ],
  ['a node without a name', graphModel([placeholder('', [1])], {}), /node 0 is not/],
  [
    'an input that is not there',
    graphModel([placeholder('x', [1]), node('y', 'AddV2', ['x', 'gone:1'])], {}),
    /node "y" needs "gone:1"/,
  ],
  [
    'a weight that is not listed',
    graphModel([placeholder('x', [1]), weight('w'), node('y', 'AddV2', ['x', 'w'])], {}),
    /does not list the weights "w"/,
  ],
  [
    'a weight twice',
    graphModel(
      [placeholder('x', [1]), weight('w'), node('y', 'AddV2', ['x', 'w'])],
      {},
      {
        weightsManifest: [
          {
            paths: [],
            weights: [
              { name: 'w', shape: [0], dtype: 'float32' },
              { name: 'w', shape: [0], dtype: 'float32' },
            ],
          },
        ],
      },
    ),
    /lists the weight "w" twice/,
  ],
  [
    'a negative size of a weight',
    graphModel(
      [placeholder('x', [1])],
      {},
      { weightsManifest: [{ paths: [], weights: [{ name: 'w', shape: [-4], dtype: 'float32' }] }] },
    ),
    /weightsManifest/,
  ],
  [
    'an output of no node',
    graphModel(
      [placeholder('x', [1]), node('y', 'Relu', ['x'])],
      {},
      { signature: { outputs: { z: tensorInfo('gone:0', 'DT_FLOAT') } } },
    ),
    /output "z" of the node "gone:0"/,
  ],
  [
    'nodes in a circle',
    graphModel(
      [placeholder('x', [1]), node('a', 'AddV2', ['x', 'b']), node('b', 'Relu', ['a'])],
      {},
      { signature: { outputs: { y: tensorInfo('b:0', 'DT_FLOAT') } } },
    ),
    /nodes .*need each other/,
  ],
  [
    'no nodes',
    graphModel([], {}, { modelTopology: { nodes: [] } }),
    /neither a Keras configuration nor a list of nodes/,
  ],
  ['an empty graph', graphModel([], {}), /no outputs/],
  [
    '100,000 lists in each other',
    json('{"modelTopology":'.concat('['.repeat(100_000), ']'.repeat(100_000), '}')),
    /model\.json/,
  ],
  [
    '100,000 layers in each other',
    json(
      '{"modelTopology":{"class_name":"A","config":'.concat(
        '{"layer":{"class_name":"A","config":'.repeat(100_000),
        '{}',
        '}}'.repeat(100_000),
        '}}',
      ),
    ),
    /model\.json/,
  ],
])('%s ends in an error that says so', async (_what, files, says) => {
  const error = await failure(files);
  expect(['WRONG_CONTENT', 'UNSUPPORTED_MODEL']).toContain(error.code);
  expect(error.message).toMatch(says);
});
