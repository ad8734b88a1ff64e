import type { Pixels, Rgba } from '../pixels.ts';
import { blended, wordsOf } from './on-white.ts';

/** Converts RGB to one channel of luma by ITU-R BT.601: 0.299 R + 0.587 G + 0.114 B. */
export function grayscale(image: Pixels | Rgba): Pixels {
  const { width, height } = image;
  if (!('channels' in image)) return { width, height, channels: 1, data: lumaOfBytes(image) };
  if (image.channels === 1) return image;
  const data = new Float32Array(width * height);
  for (let i = 0, from = 0; i < data.length; i += 1, from += 3)
    data[i] = luma(
      image.data[from] as number,
      image.data[from + 1] as number,
      image.data[from + 2] as number,
    );
  return { width, height, channels: 1, data };
}

function lumaOfBytes({ data: rgba }: Rgba): Float32Array {
  const pixels = wordsOf(rgba);
  const data = new Float32Array(pixels.length);
  for (let i = 0; i < pixels.length; i += 1) {
    const pixel = pixels[i] as number;
    const [red, green, blue] = [pixel & 255, (pixel >>> 8) & 255, (pixel >>> 16) & 255];
    const alpha = pixel >>> 24;
    data[i] =
      alpha === 255
        ? luma(red, green, blue)
        : luma(blended(red, alpha), blended(green, alpha), blended(blue, alpha));
  }
  return data;
}

function luma(red: number, green: number, blue: number): number {
  return 0.299 * red + 0.587 * green + 0.114 * blue;
}
