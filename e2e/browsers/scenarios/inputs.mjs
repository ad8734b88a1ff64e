// Images of every kind, and streams of them.
import { ask, check } from '../ask.mjs';

/** @typedef {import('../types.d.ts').Scenario} Scenario */

/** Predicts a drawn "1" from every kind of image that this browser has. */
async function images() {
  const model = await globalThis.lab.loadModel('digits', { registry: '/registry/' });
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 28;
  const context = canvas.getContext('2d');
  if (!context) throw new Error('no 2d context');
  context.fillStyle = 'white';
  context.fillRect(0, 0, 28, 28);
  context.fillStyle = 'black';
  context.fillRect(12, 4, 4, 20);
  /** @type {Blob} */
  const blob = await new Promise((resolve) => canvas.toBlob((made) => made && resolve(made)));
  const img = new Image();
  img.src = URL.createObjectURL(blob);
  await img.decode();
  const offscreen = () => {
    const made = new OffscreenCanvas(28, 28);
    made.getContext('2d')?.drawImage(canvas, 0, 0);
    return made;
  };
  /** @type {Record<string, () => import('perigee').ImageInput | Promise<ImageBitmap>>} */
  const kinds = {
    canvas: () => canvas,
    OffscreenCanvas: offscreen,
    Blob: () => blob,
    img: () => img,
    ImageBitmap: () => createImageBitmap(canvas),
    VideoFrame: () => new VideoFrame(canvas, { timestamp: 0 }),
    ImageData: () => context.getImageData(0, 0, 28, 28),
  };
  /** @type {string[]} */
  const absent = [];
  /** @type {Record<string, string>} */
  const labels = {};
  for (const [kind, make] of Object.entries(kinds)) {
    if (/^[A-Z]/.test(kind) && !(kind in globalThis)) {
      absent.push(kind);
      continue;
    }
    const { output } = await model.predict(await make());
    labels[kind] = 'label' in output ? output.label : 'none';
  }
  await model.dispose();
  return { absent, labels };
}

/** Predicts the frames of a canvas, shown by a `<video>` where the browser can. */
async function streamed() {
  const model = await globalThis.lab.loadModel('digits', { registry: '/registry/' });
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 28;
  const context = canvas.getContext('2d');
  if (!context) throw new Error('no 2d context');
  const draw = () => {
    context.fillStyle = 'white';
    context.fillRect(0, 0, 28, 28);
    context.fillStyle = 'black';
    context.fillRect(12, 4, 4, 20);
  };
  draw();
  const drawing = setInterval(draw, 30);
  const video = document.createElement('video');
  video.muted = true;
  const plays = async () => {
    video.srcObject = canvas.captureStream(30);
    await video.play();
    while (video.videoWidth === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    return true;
  };
  const late = new Promise((resolve) => setTimeout(() => resolve(false), 5_000));
  const isVideo = await Promise.race([plays().catch(() => false), late]);
  const source = isVideo ? video : canvas;
  async function* frames() {
    for (let i = 0; i < 12; i += 1) {
      await new Promise((resolve) => setTimeout(resolve, 30));
      yield source;
    }
  }
  /** @type {string[]} */
  const labels = [];
  for await (const { output } of model.predictStream(frames(), { whenBusy: 'latest' }))
    labels.push('label' in output ? output.label : 'none');
  clearInterval(drawing);
  await model.dispose();
  return { isVideo, labels };
}

/** @type {readonly Scenario[]} */
export const INPUTS = [
  {
    title: 'Images: canvas, OffscreenCanvas, Blob, `<img>`, ImageBitmap, VideoFrame, ImageData',
    group: 'Inputs',
    isInSlice: false,
    async run({ browser }) {
      const { absent, labels } = await ask(browser, images);
      check(
        Object.values(labels).every((label) => label === '1'),
        'A label is wrong',
        labels,
      );
      if (absent.length === 0) return { says: 'one answer of all' };
      const list = absent.join(', ');
      return { says: `one answer of all but ${list}, which the browser lacks` };
    },
  },
  {
    title: '`predictStream` with `whenBusy: "latest"`',
    group: 'Inputs',
    isInSlice: false,
    async run({ browser }) {
      const { isVideo, labels } = await ask(browser, streamed);
      const isRight = labels.length > 0 && labels.every((label) => label === '1');
      check(isRight, 'The labels are wrong', labels);
      return {
        says: isVideo
          ? 'frames of a `<video>`'
          : 'frames of a canvas; a `<video>` of a canvas does not play here',
      };
    },
  },
];
