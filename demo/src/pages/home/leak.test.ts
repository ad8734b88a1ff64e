import { expect, test } from 'vitest';
import { bytesOfImageIn } from './leak.ts';

const IMAGE = Float32Array.of(0, 0.25, 0.62, 1);

test('counts hold nothing of an image', () => {
  const payload = { next: [{ model: 'digits', features: { ink: { bins: [0, 1, 4, 0] } } }] };
  expect(bytesOfImageIn(payload, IMAGE)).toBe(0);
  expect(bytesOfImageIn(undefined, IMAGE)).toBe(0);
});

test('shades of the image are found, at any depth, and so is an image as text or bytes', () => {
  expect(bytesOfImageIn({ a: [{ b: [0.62, 0.5, 0.25] }] }, IMAGE)).toBe(8);
  expect(bytesOfImageIn({ a: 'x'.repeat(300) }, IMAGE)).toBe(300);
  expect(bytesOfImageIn([new Uint8Array(64)], IMAGE)).toBe(64);
});
