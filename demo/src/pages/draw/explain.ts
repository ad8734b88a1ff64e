import type { Digits } from './digits.ts';

/** The side of the image that the model gets. */
export const SIDE = 8;
const CELLS = SIDE * SIDE;
const CLASSES = 10;

export interface Explanation {
  /** The image that the model gets, row by row: 0 is paper, 1 is ink. */
  readonly seen: Float32Array;
  /**
   * The part of each pixel in the log-odds of the answer. It is measured: the model answers the image
   * once more with this pixel as paper. Scaled, so that the largest magnitude is 1.
   */
  readonly weights: Float32Array;
  /** The pixel with the largest weight. Null if no pixel speaks for the answer. */
  readonly strongest: Strongest | null;
}

export interface Strongest {
  readonly row: number;
  readonly column: number;
  /** The probability of the answer with this pixel, and without it. */
  readonly before: number;
  readonly without: number;
}

/** Runs the model's own pipeline up to the image, and 65 uncounted predictions in one call. */
export async function explain(model: Digits, canvas: HTMLCanvasElement): Promise<Explanation> {
  const seen = await imageFor(model, canvas);
  const { logits } = await model.run({
    image: { dtype: 'float32', shape: [CELLS + 1, 1, SIDE, SIDE], data: withEachLeftOut(seen) },
  });
  return { seen, ...weigh(logits.data) };
}

/** The image that the pipeline of the model makes of a canvas. */
async function imageFor(model: Digits, canvas: HTMLCanvasElement): Promise<Float32Array> {
  const { manifest } = model;
  const context = canvas.getContext('2d');
  if (!manifest || !context) throw new Error('The model has no manifest, or the canvas no pixels.');
  const { width, height } = canvas;
  const { data } = context.getImageData(0, 0, width, height);
  const { compilePipeline } = await import('perigee/pipeline');
  const { feeds } = await compilePipeline(manifest).preprocess({
    kind: 'image',
    image: { kind: 'pixels', width, height, data },
  });
  const image = feeds['image'];
  if (!(image?.data instanceof Float32Array) || image.data.length !== CELLS)
    throw new Error(`The model takes ${image?.shape.join('×')}, not ${SIDE}×${SIDE} numbers.`);
  return image.data;
}

/** The image, and a copy of it for each pixel in which that pixel is paper. */
function withEachLeftOut(image: Float32Array): Float32Array<ArrayBuffer> {
  const images = new Float32Array((CELLS + 1) * CELLS);
  for (let copy = 0; copy <= CELLS; copy += 1) images.set(image, copy * CELLS);
  for (let pixel = 0; pixel < CELLS; pixel += 1) images[(pixel + 1) * CELLS + pixel] = 0;
  return images;
}

/** Compares the answers without each pixel with the first one. */
export function weigh(logits: ArrayLike<number>): Pick<Explanation, 'weights' | 'strongest'> {
  const rows = Array.from({ length: CELLS + 1 }, (_, row) =>
    Array.from({ length: CLASSES }, (_, label) => logits[row * CLASSES + label] ?? 0),
  );
  const [whole = [], ...without] = rows;
  const answer = whole.indexOf(Math.max(...whole));
  const before = logOdds(whole, answer);
  const weights = Float32Array.from(without, (row) => before - logOdds(row, answer));
  const most = Math.max(...weights);
  const at = weights.indexOf(most);
  const strongest =
    most > 0
      ? {
          row: Math.floor(at / SIDE),
          column: at % SIDE,
          before: probability(before),
          without: probability(logOdds(without[at] ?? whole, answer)),
        }
      : null;
  const largest = weights.reduce((max, weight) => Math.max(max, Math.abs(weight)), 0) || 1;
  return { weights: weights.map((weight) => weight / largest), strongest };
}

/** The logarithm of p / (1 − p), where p is the softmax of one label. */
function logOdds(logits: readonly number[], label: number): number {
  const others = logits.filter((_, other) => other !== label);
  const max = Math.max(...others);
  const sum = others.reduce((total, logit) => total + Math.exp(logit - max), 0);
  return (logits[label] ?? 0) - max - Math.log(sum);
}

const probability = (odds: number): number => 1 / (1 + Math.exp(-odds));
