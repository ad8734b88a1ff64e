import { loadModel } from 'perigee';
import type { Model, Tensor, Tensors } from 'perigee';
import { afterEach, expect, test } from 'vitest';
import { difference, runReference } from '../../../../../scripts/fuzz/compare.mjs';
import {
  message,
  modelProto,
  nodeProto,
  number,
  tensorProto,
  text,
  valueInfo,
} from '../../../../../scripts/fuzz/onnx-writer.mjs';

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
const graphOf = (...fields: readonly (readonly number[])[]): number[] => [
  ...message(11, valueInfo('x', 'float32', 2)),
  ...message(12, valueInfo('y', 'float32', 2)),
  ...fields.flat(),
];
const node = (op: string, input: string, output: string): number[] =>
  message(1, nodeProto({ op, inputs: [input], outputs: [output] }));
const modelOf = (
  fields: readonly number[],
  versions?: Parameters<typeof modelProto>[1],
): Uint8Array<ArrayBuffer> => modelProto(fields, versions);

test('an initializer is no input before version 4 of the format', async () => {
  const scale = float([1, 1], [2]);
  const bytes = modelOf(
    graphOf(
      message(5, tensorProto('scale', scale)),
      message(11, valueInfo('scale', 'float32', 2)),
      message(1, nodeProto({ op: 'Mul', inputs: ['x', 'scale'], outputs: ['y'] })),
    ),
    { irVersion: 3, opset: 8 },
  );
  const model = await load(bytes, 'cpu');
  expect(model.signature.inputs.map(({ name }) => name)).toEqual(['x']);
  expect(await offReference(model, bytes, { x: float([1, 2], [1, 2]) })).toBeNull();
});

test('powers of int64 are exact', async () => {
  const power = message(1, nodeProto({ op: 'Pow', inputs: ['a', 'b'], outputs: ['y'] }));
  const values = [
    ...message(11, valueInfo('a', 'int64', 1)),
    ...message(11, valueInfo('b', 'int64', 1)),
    ...message(12, valueInfo('y', 'int64', 1)),
  ];
  const model = await load(modelOf([...power, ...values]), 'cpu');
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
    graphOf(node('Neg', 'b', 'y'), node('Abs', 'a', 'b'), node('Floor', 'x', 'a')),
  );
  const model = await load(bytes, 'cpu');
  expect(await offReference(model, bytes, { x: float([1, 3], [1.5, -2.5, 0]) })).toBeNull();
});

test('an output that is a reshaped weight is there in each call', async () => {
  const weight = float([4, 4096], count(16_384));
  const reshaped = message(1, nodeProto({ op: 'Reshape', inputs: ['w', 'shape'], outputs: ['v'] }));
  const shape = tensorProto('shape', {
    dtype: 'int64',
    shape: [2],
    data: BigInt64Array.of(2n, 8192n),
  });
  const bytes = modelOf(
    graphOf(
      node('Relu', 'x', 'y'),
      reshaped,
      message(5, tensorProto('w', weight)),
      message(5, shape),
      message(12, valueInfo('v', 'float32', 2)),
    ),
  );
  const model = await load(bytes, 'cpu');
  for (let call = 0; call < 3; call += 1)
    expect(await offReference(model, bytes, { x: float([1, 1], [call]) })).toBeNull();
});

const chain = graphOf(node('Relu', 'x', 'y'));
/** Models that the instant engine does not read, but other engines do. */
const ELSEWHERE: Readonly<Record<string, () => Uint8Array<ArrayBuffer>>> = {
  'a newer operator set': () => modelOf(chain, { opset: 25 }),
  'an older operator set': () => modelOf(chain, { opset: 6 }),
  'an attribute of a kind that it does not read': () =>
    modelOf(
      graphOf(
        message(1, [
          ...nodeProto({ op: 'Relu', inputs: ['x'], outputs: ['y'] }),
          ...message(5, [
            ...text(1, 'note'),
            ...message(10, tensorProto('', float([1], [1]))),
            ...number(20, 9),
          ]),
        ]),
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
  const bytes = modelOf(graphOf(node('Relu', 'nowhere', 'y')));
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
