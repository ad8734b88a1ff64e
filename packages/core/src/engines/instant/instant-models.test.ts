import { wireWrite } from '@perigee/registry';
import {
  graphInput,
  graphOutput,
  initializer,
  model as modelOf,
  node,
} from '@perigee/registry/onnx';
import { loadModel } from 'perigee';
import type { Model, Tensor, Tensors } from 'perigee';
import { afterEach, expect, test } from 'vitest';
import { difference, runReference } from '../../../../../scripts/fuzz/compare.mjs';

const open: Model[] = [];

afterEach(async () => {
  for (const model of open.splice(0)) await model.dispose();
});

async function load(bytes: Uint8Array<ArrayBuffer>, backend?: 'cpu'): Promise<Model> {
  const model = await loadModel(bytes, backend ? { backend } : {});
  open.push(model);
  return model;
}

/** Compares the engine with ONNX Runtime; null when their outputs are equal. */
async function offReference(
  model: Model,
  bytes: Uint8Array,
  feeds: Tensors,
): Promise<string | null> {
  const { outputs, failure } = await runReference(bytes, feeds);
  return outputs
    ? difference(await model.run(feeds), outputs)
    : `ONNX Runtime does not run it: ${failure}`;
}

const float = (shape: readonly number[], values: readonly number[]): Tensor => ({
  dtype: 'float32',
  shape,
  data: Float32Array.from(values),
});
const count = (length: number): number[] => Array.from({ length }, (_, i) => i);
/** A graph from x to y, which are float32 with two dimensions. */
const graphOf = (...fields: readonly Uint8Array[]): Uint8Array[] => [
  graphInput('x', 'float32', 2),
  graphOutput('y', 'float32', 2),
  ...fields,
];

test('an initializer is no input before version 4 of the format', async () => {
  const scale = float([1, 1], [2]);
  const bytes = modelOf(
    graphOf(
      initializer('scale', scale),
      graphInput('scale', 'float32', 2),
      node('Mul', ['x', 'scale'], ['y']),
    ),
    { irVersion: 3, opsets: { '': 8 } },
  );
  const model = await load(bytes, 'cpu');
  expect(model.signature.inputs.map(({ name }) => name)).toEqual(['x']);
  expect(await offReference(model, bytes, { x: float([1, 2], [1, 2]) })).toBeNull();
});

test('powers of int64 are exact', async () => {
  const power = node('Pow', ['a', 'b'], ['y']);
  const values = [
    graphInput('a', 'int64', 1),
    graphInput('b', 'int64', 1),
    graphOutput('y', 'int64', 1),
  ];
  const model = await load(modelOf([power, ...values]), 'cpu');
  const int64 = (list: bigint[]): Tensor => ({
    dtype: 'int64',
    shape: [list.length],
    data: BigInt64Array.from(list),
  });
  const { y } = await model.run({ a: int64([3n, -7n, 2n]), b: int64([34n, 19n, 62n]) });
  expect(y?.data).toEqual(
    BigInt64Array.of(16_677_181_699_666_569n, -11_398_895_185_373_143n, 4_611_686_018_427_387_904n),
  );
});

test('nodes may stand in any order', async () => {
  const bytes = modelOf(
    graphOf(node('Neg', ['b'], ['y']), node('Abs', ['a'], ['b']), node('Floor', ['x'], ['a'])),
  );
  const model = await load(bytes, 'cpu');
  expect(await offReference(model, bytes, { x: float([1, 3], [1.5, -2.5, 0]) })).toBeNull();
});

test('an output that is a reshaped weight is there in each call', async () => {
  const weight = float([4, 4096], count(16_384));
  const reshaped = node('Reshape', ['w', 'shape'], ['v']);
  const shape = initializer('shape', {
    dtype: 'int64',
    shape: [2],
    data: BigInt64Array.of(2n, 8192n),
  });
  const bytes = modelOf(
    graphOf(
      node('Relu', ['x'], ['y']),
      reshaped,
      initializer('w', weight),
      shape,
      graphOutput('v', 'float32', 2),
    ),
  );
  const model = await load(bytes, 'cpu');
  for (let call = 0; call < 3; call += 1)
    expect(await offReference(model, bytes, { x: float([1, 1], [call]) })).toBeNull();
});

const { bytesField, concat, floatBytes, textField, varintField } = wireWrite;
/** TensorProto: dims 1, data_type 2, raw_data 9. */
const tensors = bytesField(
  10,
  concat([varintField(1, 1), varintField(2, 1), bytesField(9, floatBytes([1]))]),
);
const chain = graphOf(node('Relu', ['x'], ['y']));
/** Models that the instant engine does not read, but other engines do. */
const ELSEWHERE: Readonly<Record<string, () => Uint8Array<ArrayBuffer>>> = {
  'a newer operator set': () => modelOf(chain, { opsets: { '': 25 } }),
  'an older operator set': () => modelOf(chain, { opsets: { '': 6 } }),
  'an attribute of a kind that it does not read': () =>
    modelOf(
      graphOf(
        bytesField(
          1,
          concat([
            textField(1, 'x'),
            textField(2, 'y'),
            textField(4, 'Relu'),
            // AttributeProto: name 1, tensors 10, type 20; TENSORS is 9.
            bytesField(5, concat([textField(1, 'note'), tensors, varintField(20, 9)])),
          ]),
        ),
      ),
    ),
};

test.each(['a newer operator set', 'an older operator set'])(
  'a model with %s opens on another backend',
  async (what) => {
    const bytes = ELSEWHERE[what]!();
    const model = await load(bytes);
    expect(model.engine).toBe('onnx');
    const shape = model.signature.inputs[0]!.shape.map((size) =>
      typeof size === 'number' ? size : 2,
    );
    expect(
      await offReference(model, bytes, {
        x: float(shape, count(shape.reduce((a, b) => a * b, 1))),
      }),
    ).toBeNull();
  },
);

test.each(Object.keys(ELSEWHERE))(
  'a model with %s is refused by name where only the instant engine may open it',
  async (what) => {
    const error = await load(ELSEWHERE[what]!(), 'cpu').then(
      () => null,
      (caught: unknown) => caught,
    );
    expect(error).toMatchObject({
      code: expect.stringMatching(/^UNSUPPORTED_/) as string,
      message: expect.stringContaining('Use backend "wasm"') as string,
    });
  },
);

test('ONNX Runtime decides about files that the instant engine takes for damaged', async () => {
  const bytes = modelOf(graphOf(node('Relu', ['nowhere'], ['y'])));
  await expect(load(bytes, 'cpu')).rejects.toMatchObject({
    code: 'WRONG_CONTENT',
    message: expect.stringContaining('"nowhere"') as string,
  });
  const error = await load(bytes).then(
    () => null,
    (caught: unknown) => caught,
  );
  expect((error as Error).message).not.toContain('instant');
  expect((error as Error).message).not.toContain('which nothing makes');
});
