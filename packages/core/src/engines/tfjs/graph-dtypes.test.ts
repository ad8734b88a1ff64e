import { expect, test } from 'vitest';
import { graphModel, node, ofType, placeholder, tensorInfo } from './graph.fixture.ts';
import { load } from './load.fixture.ts';

test('element types of outputs are those that come out', async () => {
  const model = await load(
    graphModel(
      [
        placeholder('x', [-1, 2]),
        node('zero', 'Const', []),
        node('positive', 'Greater', ['x', 'zero']),
        node('whole', 'Cast', ['x'], { SrcT: ofType('DT_FLOAT'), DstT: ofType('DT_INT64') }),
        node('shape', 'Shape', ['x'], { out_type: ofType('DT_INT32') }),
        node('plain', 'Relu', ['x']),
      ],
      { zero: { shape: [], values: [0] } },
    ),
  );
  expect(model.signature.outputs.map(({ name, dtype }) => [name, dtype])).toEqual([
    ['positive', 'bool'],
    ['whole', 'int32'],
    ['shape', 'int32'],
    ['plain', 'float32'],
  ]);
  const outputs = await model.run({
    x: { dtype: 'float32', shape: [2, 2], data: Float32Array.of(1.5, -2.5, 0, 3) },
  });
  expect(outputs).toEqual({
    positive: { dtype: 'bool', shape: [2, 2], data: Uint8Array.of(1, 0, 0, 1) },
    whole: { dtype: 'int32', shape: [2, 2], data: Int32Array.of(1, -2, 0, 3) },
    shape: { dtype: 'int32', shape: [2], data: Int32Array.of(2, 2) },
    plain: { dtype: 'float32', shape: [2, 2], data: Float32Array.of(1.5, 0, 0, 3) },
  });
});

test('the graph gives element types where a first run on zeros cannot', async () => {
  // The dry run makes up free sizes, and none of these can be split into 7 parts of 5.
  const model = await load(
    graphModel(
      [
        placeholder('x', [-1]),
        node('shape', 'Const', [], { dtype: ofType('DT_INT32') }),
        node('y', 'Reshape', ['x', 'shape']),
        node('zero', 'Const', []),
        node('positive', 'Greater', ['y', 'zero']),
        node('again', 'Identity', ['positive'], { T: ofType('DT_BOOL'), dtype: undefined }),
      ],
      {},
      {
        weightsManifest: [
          {
            paths: ['group1-shard1of1.bin'],
            weights: [
              { name: 'shape', shape: [2], dtype: 'int32' },
              { name: 'zero', shape: [], dtype: 'float32' },
            ],
          },
        ],
      },
    ).set('group1-shard1of1.bin', new Uint8Array(Int32Array.of(7, 5, 0).buffer)),
  );
  expect(model.signature.outputs).toEqual([
    { name: 'again', dtype: 'bool', shape: [], rank: 'unknown' },
  ]);
  const { again } = await model.run({
    x: { dtype: 'float32', shape: [35], data: new Float32Array(35).fill(1) },
  });
  expect(again).toEqual({ dtype: 'bool', shape: [7, 5], data: new Uint8Array(35).fill(1) });
});

test('texts go in and come out', async () => {
  const strings = { dtype: ofType('DT_STRING'), T: ofType('DT_STRING') };
  const model = await load(
    graphModel(
      [
        { ...placeholder('words', [-1]), attr: { ...placeholder('words', [-1]).attr, ...strings } },
        node('same', 'Identity', ['words'], strings),
      ],
      {},
    ),
  );
  expect(model.signature).toEqual({
    inputs: [{ name: 'words', dtype: 'string', shape: [null] }],
    outputs: [{ name: 'same', dtype: 'string', shape: [null] }],
  });
  const { same } = await model.run({
    words: { dtype: 'string', shape: [2], data: ['früh', 'spät'] },
  });
  expect(same).toEqual({ dtype: 'string', shape: [2], data: ['früh', 'spät'] });
});

test('64-bit inputs are int32, as TensorFlow.js takes them', async () => {
  const long = { dtype: ofType('DT_INT64'), T: ofType('DT_INT64') };
  const model = await load(
    graphModel(
      [
        { ...placeholder('ids', [-1]), attr: { ...placeholder('ids', [-1]).attr, ...long } },
        node('same', 'Identity', ['ids'], long),
      ],
      {},
      {
        signature: {
          inputs: { ids: tensorInfo('ids:0', 'DT_INT64', [-1]) },
          outputs: { same: tensorInfo('same:0', 'DT_INT64', [-1]) },
        },
      },
    ),
  );
  expect(model.signature).toMatchObject({
    inputs: [{ dtype: 'int32' }],
    outputs: [{ dtype: 'int32' }],
  });
  expect((await model.predict([1, 2])).outputs['same']).toEqual({
    dtype: 'int32',
    shape: [2],
    data: Int32Array.of(1, 2),
  });
});
