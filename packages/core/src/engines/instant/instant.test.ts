import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { PerigeeError } from '../../error.ts';
import { between, expectEqual, floats, int64, next, open, reference } from './compare.fixture.ts';
import { oneNodeModel } from './onnx.fixture.ts';
import type { OneNode } from './onnx.fixture.ts';

test.each(['wdbc/versions/1.0.0', 'digits/versions/1.0.0', 'digits/versions/1.1.0'])(
  'the model %s gives what ONNX Runtime gives, one row and many',
  async (path) => {
    expect.hasAssertions();
    const bytes = new Uint8Array(
      await readFile(
        fileURLToPath(new URL(`../../../../../models/${path}/model.onnx`, import.meta.url)),
      ),
    );
    const session = await open(bytes);
    const [input] = session.signature.inputs;
    for (const rows of [1, 7]) {
      const feeds = {
        [input!.name]: floats(
          input!.shape.map((length) => (typeof length === 'number' ? length : rows)),
          0,
          1,
        ),
      };
      expectEqual(await session.run(feeds), await reference(bytes, feeds));
    }
  },
);

test('outputs own their values: writes of the caller change no later answer', async () => {
  const { bytes, feeds } = oneNodeModel({
    op: 'Identity',
    inputs: [floats([3])],
    outputs: [['float32', 1]],
  });
  const session = await open(bytes);
  const before = [...(feeds['x0']!.data as Float32Array)];
  const { y0 } = await session.run(feeds);
  (y0!.data as Float32Array).fill(9);
  expect([...(feeds['x0']!.data as Float32Array)]).toEqual(before);
});

test.each([
  [
    'an operator it does not have',
    {
      op: 'Einsum',
      inputs: [floats([2, 2])],
      attributes: { equation: 'ij->ji' },
      outputs: [['float32', 2]],
    },
    /Einsum/,
  ],
  [
    "an operator named like one of Object's own",
    { op: 'constructor', inputs: [floats([2, 2])], outputs: [['float32', 2]] },
    /constructor/,
  ],
  [
    'a mode it does not have',
    {
      op: 'Pad',
      inputs: [floats([2, 2]), int64([0, 0, 1, 1])],
      attributes: { mode: 'reflect' },
      outputs: [['float32', 2]],
    },
    /reflect/,
  ],
  [
    'a pool with indices',
    {
      op: 'MaxPool',
      inputs: [floats([1, 1, 4, 4])],
      attributes: { kernel_shape: [2, 2] },
      outputs: [
        ['float32', 4],
        ['int64', 4],
      ],
    },
    /indices/,
  ],
] as const)('%s is refused before anything runs, by name', async (_what, node, says) => {
  const error = await open(oneNodeModel(node as unknown as OneNode).bytes).then(
    () => null,
    (caught: unknown) => caught,
  );
  expect(error).toMatchObject({
    code: 'UNSUPPORTED_OPERATOR',
    message: expect.stringMatching(says) as string,
  });
});

test.each(['ReduceMax', 'ArgMax'])(
  '%s keeps its dimensions only where keepdims is 1',
  async (op) => {
    const axes = op === 'ArgMax' ? { axis: 1 } : { axes: [1] };
    const { bytes, feeds } = oneNodeModel({
      op,
      opset: 13,
      inputs: [floats([2, 3])],
      attributes: { ...axes, keepdims: 2 },
      outputs: [[op === 'ArgMax' ? 'int64' : 'float32', 1]],
    });
    const { y0 } = await (await open(bytes)).run(feeds);
    expect(y0?.shape).toEqual([2]);
    expectEqual({ y0: y0! }, await reference(bytes, feeds));
  },
);

test('damaged files end in an answer or a PerigeeError', async () => {
  const whole = new Uint8Array(
    await readFile(
      fileURLToPath(new URL('../../../../../e2e/models/two-layers.onnx', import.meta.url)),
    ),
  );
  let refused = 0;
  for (let run = 0; run < 600; run += 1) {
    const damaged = whole.slice(0, run % 3 === 0 ? between(0, whole.length) : whole.length);
    const flips = run % 3 === 0 ? 0 : between(1, 4);
    for (let flip = 0; flip < flips; flip += 1)
      damaged[next() < 0.5 ? between(0, 200) : whole.length - between(1, 200)]! ^=
        1 << between(0, 7);
    try {
      const session = await open(damaged);
      const feeds = Object.fromEntries(
        session.signature.inputs.map(({ name, shape }) => [
          name,
          floats(shape.map((length) => (typeof length === 'number' ? Math.min(length, 64) : 1))),
        ]),
      );
      await session.run(feeds);
    } catch (error) {
      expect(error).toBeInstanceOf(PerigeeError);
      refused += 1;
    }
  }
  expect(refused).toBeGreaterThan(100);
});
