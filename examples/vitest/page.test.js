// @vitest-environment jsdom
import { loadModel } from 'perigee';
import { expect, test } from 'vitest';

test('a test with a DOM loads a model, as in Node', async () => {
  expect(navigator.userAgent).toContain('jsdom');
  const model = await loadModel(process.env.MODEL);
  const data = Float32Array.from({ length: 30 }, (_, i) => Math.sin(i));
  const { logits } = await model.run({ features: { dtype: 'float32', shape: [1, 30], data } });
  expect(logits.data[0]).toBeCloseTo(1.95535, 4);
}, 120_000);
