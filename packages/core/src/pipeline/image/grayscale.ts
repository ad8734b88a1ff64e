import type { Pixels } from '../pixels.ts';

/** Converts RGB to one channel of luma by ITU-R BT.601: 0.299 R + 0.587 G + 0.114 B. */
export function grayscale(image: Pixels): Pixels {
  if (image.channels === 1) return image;
  const data = new Float32Array(image.width * image.height);
  for (let i = 0; i < data.length; i += 1) {
    data[i] =
      0.299 * (image.data[i * 3] ?? 0) +
      0.587 * (image.data[i * 3 + 1] ?? 0) +
      0.114 * (image.data[i * 3 + 2] ?? 0);
  }
  return { ...image, channels: 1, data };
}
