import { createPerigee, loadModel } from 'perigee';
import { expect, test } from 'vitest';

const { MODEL, REGISTRY } = process.env;
const FEATURES = {
  dtype: 'float32',
  shape: [1, 30],
  data: Float32Array.from({ length: 30 }, (_, i) => Math.sin(i)),
};

async function expectValid(model) {
  const { logits } = await model.run({ features: FEATURES });
  expect(logits.data[0]).toBeCloseTo(1.95535, 4);
  expect(logits.data[1]).toBeCloseTo(-1.80124, 4);
}

test.each(['cpu', 'wasm'])(
  'a file on %s',
  async (backend) => {
    await expectValid(await loadModel(MODEL, { backend }));
  },
  120_000,
);

test('a model of a registry', async () => {
  const perigee = createPerigee({ registry: REGISTRY });
  await expectValid(await perigee.load('wdbc'));
  await perigee.dispose();
}, 120_000);
