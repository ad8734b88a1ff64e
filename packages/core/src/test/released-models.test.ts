import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createPerigee } from 'perigee';
import type { Classification, Model } from 'perigee';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { oneNodeModel } from '../engines/instant/onnx.fixture.ts';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const row = { dtype: 'float32', shape: [1, 3], data: new Float32Array(3) } as const;
const MODELS = {
  half: oneNodeModel({
    op: 'Cast',
    inputs: [row],
    attributes: { to: 10 },
    outputs: [['float16', 2]],
  }),
  whole: oneNodeModel({
    op: 'Cast',
    inputs: [row],
    attributes: { to: 7 },
    outputs: [['int64', 2]],
  }),
  root: oneNodeModel({ op: 'Sqrt', inputs: [row], outputs: [['float32', 2]] }),
};
const STEPS = {
  half: [{ op: 'softmax' }, { op: 'top-k', k: 3 }],
  whole: [{ op: 'top-k', k: 2 }],
  root: [{ op: 'top-k', k: 3 }],
};

let folder = '';
let registry = '';
/**
 * Packs and publishes the models above, each with a pipeline, and two versions of a model with
 * int64 input.
 */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perigee-released-'));
  registry = join(folder, 'registry');
  for (const name of ['half', 'whole', 'root'] as const) {
    await writeFile(join(folder, `${name}.onnx`), MODELS[name].bytes);
    const pipeline = {
      preprocess: [{ op: 'tabular', features: ['p', 'q', 'r'] }],
      postprocess: STEPS[name],
    };
    await writeFile(join(folder, `${name}.json`), JSON.stringify(pipeline));
  }
  const script = `import { heldRelease, initRegistry, pack, publish, temporaryKeys } from '@perigee/cli';
    const [folder, to, ids] = process.argv.slice(1);
    const publisher = { to, keys: await temporaryKeys() };
    await initRegistry(publisher);
    const release = async (options, channel) =>
      publish(heldRelease(await pack(options, () => undefined)), publisher, channel);
    for (const name of ['half', 'whole', 'root']) {
      const model = folder + '/' + name + '.onnx';
      const pipeline = folder + '/' + name + '.json';
      const how = { goldenCount: 1, pipeline, labels: 'a,b,c' };
      await release({ model, name, version: '1.0.0', ...how }, 'stable');
    }
    await release({ model: ids, name: 'ids', version: '1.0.0', goldenCount: 1 }, 'stable');
    await release({ model: ids, name: 'ids', version: '1.1.0', goldenCount: 1 }, 'next');`;
  await promisify(execFile)(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      script,
      folder,
      registry,
      join(ROOT, 'e2e/cases/models/int64.onnx'),
    ],
    { cwd: ROOT },
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function load(name: string): Promise<Model> {
  const perigee = createPerigee({ registry });
  onTestFinished(() => perigee.dispose());
  return perigee.load(name, { update: 'local', backend: 'native' });
}

test('scores of a float16 output are decoded before softmax and top-k', async () => {
  const model = await load('half');
  const { output, outputs } = await model.predict([2, 1, -3]);
  // IEEE 754 patterns of 2, 1 and -3.
  expect(outputs['y0']).toMatchObject({
    dtype: 'float16',
    data: Uint16Array.of(0x4000, 0x3c00, 0xc200),
  });
  const { label, top } = output as Classification;
  expect(label).toBe('a');
  // numpy: exp(x) / exp(x).sum()
  [0.72747516, 0.26762315, 0.00490169].forEach((score, i) =>
    expect(top[i]!.score).toBeCloseTo(score, 6),
  );
});

test('scores of a whole-number output are numbers', async () => {
  expect((await (await load('whole')).predict([2.7, 5.2, 1.1])).output).toEqual({
    label: 'b',
    score: 5,
    top: [
      { label: 'b', score: 5 },
      { label: 'a', score: 2 },
    ],
  });
});

test('NaN is the last among scores, and never the best', async () => {
  const model = await load('root');
  expect((await model.predict([25, -1, 81])).output).toEqual({
    label: 'c',
    score: 9,
    top: [
      { label: 'c', score: 9 },
      { label: 'a', score: 5 },
      { label: 'b', score: Number.NaN },
    ],
  });
  expect((await model.predict([-1, 25, 1])).output).toMatchObject({ label: 'b', score: 5 });
  await expect(model.predict([-1, -1, -1])).rejects.toMatchObject({
    code: 'INFERENCE_FAILED',
    message: expect.stringContaining('NaN in output "y0"') as string,
  });
});

test('invalid inputs roll no version back', async () => {
  const perigee = createPerigee({ registry, store: { folder: join(folder, 'device') } });
  onTestFinished(() => perigee.dispose());
  const model = await perigee.load('ids', { update: 'local', backend: 'native' });
  await perigee.pin('ids', '1.1.0');
  expect(await model.update()).toBe('1.1.0');
  for (let i = 0; i < 8; i += 1)
    await expect(model.predict([[0.5]])).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  for (let i = 0; i < 40; i += 1)
    expect((await model.predict([[1n]])).output).toMatchObject({ data: BigInt64Array.of(2n) });
  expect(model.version).toBe('1.1.0');
  expect(
    (await perigee.storage.report()).models.map(({ version, state }) => `${version} ${state}`),
  ).toContain('1.1.0 active');
  expect((await perigee.audit()).entries.filter(({ event }) => event === 'rollback')).toEqual([]);
});
