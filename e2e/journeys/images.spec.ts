import { expect, test } from '@playwright/test';
import { openLab } from '../support/lab.ts';

test('images of every kind give one answer, and those that are none are refused in words', async ({
  browser,
}) => {
  const lab = await openLab(browser);
  // The page requests this image and never gets an answer.
  await lab.page.route('**/never.png', () => undefined);
  const { labels, refused, transparent } = await lab.page.evaluate(async () => {
    const model = await globalThis.lab.loadModel('digits', { registry: '/registry/' });
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = 28;
    const context = canvas.getContext('2d')!;
    context.fillStyle = 'white';
    context.fillRect(0, 0, 28, 28);
    context.fillStyle = 'black';
    context.fillRect(12, 4, 4, 20);
    const offscreen = new OffscreenCanvas(28, 28);
    offscreen.getContext('2d')!.drawImage(canvas, 0, 0);
    const blob = await new Promise<Blob>((resolve) => canvas.toBlob((made) => resolve(made!)));
    const img = new Image();
    img.src = URL.createObjectURL(blob);
    await img.decode();
    const bitmap = await createImageBitmap(canvas);
    const frame = new VideoFrame(canvas, { timestamp: 0 });
    const labels: string[] = [];
    for (const image of [
      canvas,
      offscreen,
      blob,
      img,
      bitmap,
      frame,
      context.getImageData(0, 0, 28, 28),
    ])
      labels.push((await model.predict(image)).output as never);
    // Nothing of the image before shows through a transparent one.
    const nothing = document.createElement('canvas');
    nothing.width = nothing.height = 28;
    nothing.getContext('2d');
    const transparent: unknown[] = [];
    for (const image of [canvas, nothing, new ImageData(28, 28)])
      transparent.push((await model.predict(image)).output);
    // Drawing on the canvas after the call does not change the answer.
    const call = model.predict(canvas);
    context.clearRect(0, 0, 28, 28);
    labels.push((await call).output as never);
    bitmap.close();
    frame.close();
    const broken = new Image();
    broken.src = 'data:image/png;base64,AAAA';
    await broken.decode().catch(() => undefined);
    const empty = document.createElement('canvas');
    empty.width = 0;
    const loading = new Image();
    loading.src = '/never.png';
    const none = {
      'closed bitmap': bitmap,
      'closed frame': frame,
      'broken image': broken,
      'image without source': new Image(),
      'loading image': loading,
      video: document.createElement('video'),
      'empty canvas': empty,
      'empty offscreen': new OffscreenCanvas(0, 5),
      'undrawn offscreen': new OffscreenCanvas(5, 5),
      'broken blob': new Blob(['no image']),
      'no pixels': { width: 2, height: 2, data: new Uint8ClampedArray(3) },
    };
    const refused: Record<string, string> = {};
    for (const [name, image] of Object.entries(none))
      refused[name] = await model.predict(image as never).then(
        () => 'answered',
        (error: { code: string; message: string }) => `${error.code} ${error.message}`,
      );
    return {
      labels: labels.map((output) => (output as unknown as { label: string }).label),
      refused,
      transparent,
    };
  });
  expect(transparent[1]).toEqual(transparent[2]);
  expect(transparent[1]).not.toEqual(transparent[0]);
  expect(labels).toEqual(Array.from({ length: 8 }, () => '1'));
  const words = {
    'closed bitmap': 'The ImageBitmap was closed',
    'closed frame': 'The VideoFrame was closed',
    'broken image': 'The <img> has no image',
    'image without source': 'The <img> has no image',
    'loading image': 'The <img> has not loaded yet',
    video: 'The <video> has no frame yet',
    'empty canvas': 'The canvas is empty: 0 × 150',
    'empty offscreen': 'The canvas is empty: 0 × 5',
    'undrawn offscreen': 'nothing was drawn on it yet',
    'broken blob': 'is not an image this browser can decode',
    'no pixels': 'it has 3',
  };
  for (const [name, message] of Object.entries(words)) {
    expect.soft(refused[name], name).toMatch(/^INVALID_INPUT /);
    expect.soft(refused[name], name).toContain(message);
  }
  await lab.close();
});

test('an abort in the turn of predict(canvas) is heard', async ({ browser }) => {
  const lab = await openLab(browser);
  const message = await lab.page.evaluate(async () => {
    const model = await globalThis.lab.loadModel('digits', { registry: '/registry/' });
    const stop = new AbortController();
    const canvas = new OffscreenCanvas(28, 28);
    canvas.getContext('2d')!.fillRect(0, 0, 28, 28);
    const call = model.predict(canvas, { signal: stop.signal });
    stop.abort(new Error('too late'));
    return call.then(
      () => 'answered',
      (error: Error) => error.message,
    );
  });
  expect(message).toBe('too late');
  await lab.close();
});
