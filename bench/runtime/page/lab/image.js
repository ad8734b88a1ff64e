import { makeTensor } from './image-by-hand.js';
import { agrees, breathe, shuffle } from './tools.js';

/**
 * Image → tensor, the same recipe on both sides (shortest edge or stretch, crop, scale, normalise).
 * Milliseconds of transformers.js' processor on the main thread, of the SDK's preprocessing in its
 * worker, and of both whole predictions; and of the same preprocessing by hand.
 */
export async function image({ width, height, rounds, transformers: withTransformers }) {
  const pixels = new Uint8ClampedArray(width * height * 4);
  for (let i = 0; i < pixels.length; i += 1)
    pixels[i] = i % 4 === 3 ? 255 : (i * 2654435761) >>> 24;
  const input = new ImageData(pixels, width, height);
  const ms = {};
  const ways = [...(await perigeeWays(input, ms))];
  if (withTransformers) ways.push(await transformersWay(input, ms));
  for (let round = -8; round < rounds; round += 1) {
    for (const way of shuffle(ways)) {
      await breathe();
      await way(round >= 0);
    }
  }
  return ms;
}

async function perigeeWays(input, ms) {
  const { createPerigee } = await import('perigee');
  const perigee = createPerigee({ registry: new URL('/registry/', location.href).href });
  const model = await perigee.load('mobilenet-image', {
    backend: 'wasm',
    update: 'local',
    threads: 1,
  });
  ms['perigee preprocess'] = [];
  ms['perigee predict'] = [];
  await checkByHand(model, input);
  ms['by hand preprocess'] = [];
  const predict = async (counts) => {
    const start = performance.now();
    const { timing } = await model.predict(input);
    const total = performance.now() - start;
    if (!counts) return;
    ms['perigee preprocess'].push(timing.preprocessMs);
    ms['perigee predict'].push(total);
  };
  const byHand = async (counts) => {
    const start = performance.now();
    makeTensor(input);
    if (counts) ms['by hand preprocess'].push(performance.now() - start);
  };
  return [predict, byHand];
}

/** The tensor made by hand gives the same outputs. */
async function checkByHand(model, input) {
  const { outputs } = await model.predict(input);
  const { logits } = await model.run({ pixel_values: makeTensor(input) });
  if (!agrees(logits.data, outputs.logits.data))
    throw new Error('The loop by hand makes another tensor than the recipe.');
}

async function transformersWay(input, ms) {
  const { AutoImageProcessor, AutoModelForImageClassification, RawImage } =
    await import('@huggingface/transformers');
  const { configure } = await import('../sides/transformers.js');
  configure(1);
  const processor = await AutoImageProcessor.from_pretrained('mobilenet');
  const model = await AutoModelForImageClassification.from_pretrained('mobilenet', {
    device: 'wasm',
    dtype: 'fp32',
  });
  ms['transformers preprocess'] = [];
  ms['transformers predict'] = [];
  return async (counts) => {
    const start = performance.now();
    const raw = new RawImage(input.data, input.width, input.height, 4);
    const inputs = await processor(raw);
    const ready = performance.now();
    await model(inputs);
    if (!counts) return;
    ms['transformers preprocess'].push(ready - start);
    ms['transformers predict'].push(performance.now() - start);
  };
}
