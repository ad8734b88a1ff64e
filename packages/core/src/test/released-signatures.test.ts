import type { GoldenSample, Signature } from '@perigee/registry';
import { readFile } from 'node:fs/promises';
import { createPerigee } from 'perigee';
import type { Model, Tensors } from 'perigee';
import { expect, onTestFinished, test } from 'vitest';
import { createRegistry, serve } from '../updater/registry.fixture.ts';

const CASES = new URL('../../../../e2e/cases/models/', import.meta.url);

/** A file of the cases as a release, loaded by its name. */
async function release(
  file: string,
  signature: Signature,
  sample: Omit<GoldenSample, 'id'>,
): Promise<Model> {
  const registry = createRegistry();
  const parts = [new Uint8Array(await readFile(new URL(file, CASES)))];
  const golden = { schema: 'perigee-golden/1', samples: [{ id: 'one', ...sample }] } as const;
  await registry.publish({ name: 'net', version: '1.0.0', parts, contract: { signature, golden } });
  const { url } = await serve(registry);
  const perigee = createPerigee({ registry: url });
  onTestFinished(() => perigee.dispose());
  return perigee.load('net', { update: 'local', backend: 'wasm' });
}

const row = (data: number[], shape = [1, data.length]) =>
  ({ dtype: 'float32', shape, data }) as const;
const tensor = (data: number[], shape = [1, data.length]) =>
  ({ dtype: 'float32', shape, data: Float32Array.from(data) }) as const;

test('a release of a classifier has the labels of its scores', async () => {
  const labels = ['7', '1234567890123456789'];
  const model = await release(
    'zipmap-int.onnx',
    {
      inputs: [{ name: 'x', dtype: 'float32', shape: [null, 2] }],
      outputs: [
        { name: 'label', dtype: 'int64', shape: [null] },
        { name: 'probabilities', dtype: 'float32', shape: [null, 2], labels },
      ],
    },
    { feeds: { x: row([1, 0]) }, outputs: { probabilities: row([0.8807970285, 0.1192029193]) } },
  );
  expect(model.trials).toMatchObject([{ verdict: 'passed' }]);
  expect(model.signature.outputs[1]).toMatchObject({ labels });
  expect((await model.predict([[0, 1]] as never)).outputs['label']?.data).toEqual(
    BigInt64Array.of(1234567890123456789n),
  );
});

test('a release of a model that gives a sequence answers with a list', async () => {
  const model = await release(
    'sequence-out.onnx',
    {
      inputs: [{ name: 'x', dtype: 'float32', shape: [2, 3] }],
      outputs: [{ name: 'q', dtype: 'float32', shape: [], rank: 'unknown', list: true }],
    },
    { feeds: { x: row([1, 2, 3, 4, 5, 6], [2, 3]) }, outputs: {} },
  );
  expect(model.signature.outputs[0]).toMatchObject({ list: true });
  const { q } = (await model.run({ x: tensor([1, 2, 3, 4, 5, 6], [2, 3]) })) as unknown as {
    q: unknown;
  };
  expect(q).toEqual([tensor([1, 2, 3]), tensor([4, 5, 6])]);
});

test('a release of a model with a default takes calls with and without it', async () => {
  const model = await release(
    'default-input.onnx',
    {
      inputs: [
        { name: 'x', dtype: 'float32', shape: [null, 3] },
        { name: 'scale', dtype: 'float32', shape: [1], optional: true },
      ],
      outputs: [{ name: 'y', dtype: 'float32', shape: [null, 3] }],
    },
    { feeds: { x: row([1, 2, 3]) }, outputs: { y: row([2, 4, 6]) } },
  );
  const given: Tensors[] = [
    { x: tensor([1, 2, 3]) },
    { x: tensor([1, 2, 3]), scale: tensor([3], [1]) },
  ];
  const answers = [];
  for (const feeds of given) answers.push((await model.run(feeds))['y']?.data);
  expect(answers).toEqual([Float32Array.of(2, 4, 6), Float32Array.of(3, 6, 9)]);
});

test('a release of a file without shapes passes its trial and takes calls', async () => {
  const model = await release(
    'unknown-rank.onnx',
    {
      inputs: [{ name: 'x', dtype: 'float32', shape: [], rank: 'unknown' }],
      outputs: [{ name: 'y', dtype: 'float32', shape: [], rank: 'unknown' }],
    },
    { feeds: { x: row([-1, 2]) }, outputs: { y: row([0, 2]) } },
  );
  expect((await model.predict([[-3, 4]] as never)).output).toEqual(tensor([0, 4]));
});

test.each([
  ['of another shape', { x: row([3, 4]) }, '[1, 2]. Dimension 1 must be 4'],
  ['of another name', { z: row([3, 4, 0, 0]) }, 'missing input "x"'],
  [
    'of another dtype',
    { x: { ...row([3, 4, 0, 0]), dtype: 'float64' } },
    'Convert the values to float32',
  ],
])(
  'golden samples %s, which predict() would refuse, keep a version from being used',
  async (_what, feeds, words) => {
    const signature: Signature = {
      inputs: [{ name: 'x', dtype: 'float32', shape: [null, 4] }],
      outputs: [{ name: 'y', dtype: 'float32', shape: [null, 4] }],
    };
    const loaded = release('unnamed-lp.onnx', signature, { feeds: feeds as never, outputs: {} });
    await expect(loaded).rejects.toMatchObject({
      code: 'INVALID_MANIFEST',
      message: expect.stringMatching(/golden samples do not fit/) as string,
    });
    await expect(loaded).rejects.toThrow(words);
  },
);
