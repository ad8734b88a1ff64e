import { expect, test } from 'vitest';
import { weigh } from './explain.ts';

/** Logits of the whole image and of 64 images, of which one has other logits for the label 3. */
function logits(pixel: number, withoutIt: number): number[] {
  return Array.from({ length: 65 }, (_, row) =>
    Array.from({ length: 10 }, (__, label) =>
      label === 3 ? (row === pixel + 1 ? withoutIt : 4) : 0,
    ),
  ).flat();
}

test('the pixel without which the answer is least sure is the strongest', () => {
  const { weights, strongest } = weigh(logits(19, 1));
  expect(strongest).toMatchObject({ row: 2, column: 3 });
  // Softmax of one logit against nine zeros.
  expect(strongest?.before).toBeCloseTo(Math.exp(4) / (Math.exp(4) + 9), 6);
  expect(strongest?.without).toBeCloseTo(Math.exp(1) / (Math.exp(1) + 9), 6);
  expect(weights[19]).toBe(1);
  expect(weights.filter((weight) => weight !== 0)).toHaveLength(1);
});

test('a pixel that speaks against the answer is negative, and no pixel is the strongest', () => {
  const { weights, strongest } = weigh(logits(5, 6));
  expect(weights[5]).toBe(-1);
  expect(strongest).toBeNull();
});
