import { seededRandom } from '@perigee/profile/analysis';
import type { PreprocessStep } from '@perigee/registry';
import { expect, test } from 'vitest';
import { compilePipeline } from '../compile.ts';
import { grayscale } from './grayscale.ts';
import { onWhite } from './on-white.ts';

// The numbers of a pipeline are part of a release: its golden samples and its reference were made
// of them. This file says them plainly, one step after the other, each rounded to float32.

type Method = 'area' | 'bilinear';
type Values = readonly (readonly (readonly number[])[])[];

const { fround } = Math;
const MEAN = [0.485, 0.456, 0.406];
const STD = [0.229, 0.224, 0.225];

function decoded(width: number, height: number, rgba: Uint8ClampedArray | Uint8Array): Values {
  return table(height, width, (y, x) => {
    const [r = 0, g = 0, b = 0, alpha = 0] = rgba.subarray((y * width + x) * 4);
    const onWhite = (value: number): number => fround(255 + (alpha / 255) * (value - 255));
    return alpha === 255 ? [r, g, b] : [r, g, b].map(onWhite);
  });
}

/** Weight of each source position, in ascending order. */
function weightsOf(from: number, to: number, i: number, method: Method): [number, number][] {
  if (method === 'bilinear') {
    const centre = Math.max(0, ((i + 0.5) * from) / to - 0.5);
    const at = Math.min(from - 1, Math.floor(centre));
    return [
      [at, 1 - (centre - at)],
      [Math.min(from - 1, at + 1), centre - at],
    ];
  }
  const scale = from / to;
  const covered = (at: number): number =>
    Math.min(at + 1, (i + 1) * scale) - Math.max(at, i * scale);
  return Array.from({ length: from }, (_, at): [number, number] => [
    at,
    covered(at) / scale,
  ]).filter(([at]) => covered(at) > 1e-12);
}

/** Rows first, rounded after each addition; then columns, rounded once. */
function resized(image: Values, width: number, height: number, method: Method): Values {
  const [from, across] = [image.length, image[0]!.length];
  const lower =
    from === height
      ? image
      : table(height, across, (y, x) =>
          [0, 1, 2].map((c) =>
            weightsOf(from, height, y, method).reduce(
              (sum, [at, weight]) => fround(sum + weight * image[at]![x]![c]!),
              0,
            ),
          ),
        );
  if (across === width) return lower;
  return table(height, width, (y, x) =>
    [0, 1, 2].map((c) =>
      fround(
        weightsOf(across, width, x, method).reduce(
          (sum, [at, weight]) => sum + weight * lower[y]![at]![c]!,
          0,
        ),
      ),
    ),
  );
}

function table(height: number, width: number, at: (y: number, x: number) => number[]): Values {
  return Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (__, x) => at(y, x)),
  );
}

const each = (image: Values, scale: (value: number, channel: number) => number): Values =>
  image.map((row) => row.map((pixel) => pixel.map((value, c) => fround(scale(value, c)))));

function statistics(image: Values): number[] {
  const grey = image.map((row) => row.map(([r = 0, g = 0, b = 0]) => r / 3 + g / 3 + b / 3));
  const [height, width] = [grey.length, grey[0]!.length];
  let [sum, squares, sumX, sumY, differences] = [0, 0, 0, 0, 0];
  for (const [y, row] of grey.entries()) {
    for (const [x, value] of row.entries()) {
      sum += value;
      squares += value * value;
      sumX += value * (x + 0.5);
      sumY += value * (y + 0.5);
      if (x > 0) differences += Math.abs(value - row[x - 1]!);
      if (y > 0) differences += Math.abs(value - grey[y - 1]![x]!);
    }
  }
  const size = width * height;
  const pairs = (width - 1) * height + width * (height - 1);
  const mean = sum / size;
  return [
    mean,
    Math.sqrt(Math.max(0, squares / size - mean * mean)),
    pairs === 0 ? 0 : differences / pairs,
    sum === 0 ? 0.5 : sumX / sum / width,
    sum === 0 ? 0.5 : sumY / sum / height,
  ];
}

const random = seededRandom(12);
const below = (limit: number): number => Math.floor(random() * limit);

test.each(['area', 'bilinear'] as const)(
  'pixels become exactly the numbers of the steps one by one, resized by %s',
  async (method) => {
    for (let run = 0; run < 60; run += 1) {
      const [toWidth, toHeight] = [1 + below(30), 1 + below(30)];
      const layout = run % 2 === 0 ? 'NCHW' : 'NHWC';
      const preprocess: PreprocessStep[] = [
        { op: 'image' },
        { op: 'resize', width: toWidth, height: toHeight, method },
        { op: 'rescale', factor: 1 / 255 },
        { op: 'normalize', mean: MEAN, std: STD },
        { op: 'layout', to: layout },
      ];
      const pipeline = compilePipeline({
        name: 'm',
        version: '1.0.0',
        signature: {
          inputs: [{ name: 'x', dtype: 'float32', shape: ['a', 'b', 'c', 'd'] }],
          outputs: [{ name: 'y', dtype: 'float32', shape: [1, 3] }],
        },
        pipeline: { preprocess, postprocess: [] },
      });
      // The tables kept for one size must not change the next image.
      for (const isResized of [true, true, false]) {
        const [width, height] = isResized ? [1 + below(40), 1 + below(40)] : [toWidth, toHeight];
        // The pixels of a larger buffer may begin at any byte. A `Buffer` has other methods.
        const buffer = new ArrayBuffer(width * height * 4 + 3);
        const bounds = [buffer, below(4), width * height * 4] as const;
        const rgba = random() < 0.5 ? Buffer.from(...bounds) : new Uint8ClampedArray(...bounds);
        const opaque = random();
        for (let i = 0; i < rgba.length; i += 1)
          rgba[i] = i % 4 === 3 && random() < opaque ? 255 : below(256);
        const seen = each(
          resized(decoded(width, height, rgba), toWidth, toHeight, method),
          (value) => value * (1 / 255) + 0,
        );
        const wanted = each(seen, (value, c) => value * (1 / STD[c]!) + -MEAN[c]! / STD[c]!);
        const { feeds, features } = await pipeline.preprocess({
          kind: 'image',
          image: { kind: 'pixels', width, height, data: rgba },
        });
        expect(Array.from(feeds['x']!.data as Float32Array)).toEqual(
          layout === 'NHWC'
            ? wanted.flat(2)
            : [0, 1, 2].flatMap((c) => wanted.flat().map((pixel) => pixel[c])),
        );
        expect(features).toEqual(statistics(seen));
      }
    }
  },
);

test('the grey of bytes is the grey of the pixels that they become', () => {
  const data = Uint8Array.from({ length: 4 * 5_000 }, (_, i) =>
    i % 4 === 3 && random() < 0.5 ? 255 : below(256),
  );
  const image = { width: 50, height: 100, data };
  expect(grayscale(image)).toEqual(grayscale(onWhite(image)));
});
