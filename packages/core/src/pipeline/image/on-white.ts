import type { Pixels, Rgba } from '../pixels.ts';

/** The RGB values of an image, from 0 to 255. Transparent pixels are blended with white. */
export function onWhite({ width, height, data: rgba }: Rgba): Pixels {
  const pixels = wordsOf(rgba);
  const data = new Float32Array(pixels.length * 3);
  for (let i = 0, to = 0; i < pixels.length; i += 1, to += 3) {
    const pixel = pixels[i] as number;
    const alpha = pixel >>> 24;
    if (alpha === 255) {
      data[to] = pixel & 255;
      data[to + 1] = (pixel >>> 8) & 255;
      data[to + 2] = (pixel >>> 16) & 255;
    } else {
      data[to] = blended(pixel & 255, alpha);
      data[to + 1] = blended((pixel >>> 8) & 255, alpha);
      data[to + 2] = blended((pixel >>> 16) & 255, alpha);
    }
  }
  return { width, height, channels: 3, data };
}

/** The pixels of an image that may not be converted yet. */
export function asPixels(image: Pixels | Rgba): Pixels {
  return 'channels' in image ? image : onWhite(image);
}

/** Each pixel as one number, red lowest. A load of a number is faster than four of bytes. */
export function wordsOf(rgba: Rgba['data']): Uint32Array {
  const aligned = rgba.byteOffset % 4 === 0 ? rgba : new Uint8Array(rgba);
  const { buffer, byteOffset, byteLength } = aligned;
  return new Uint32Array(buffer, byteOffset, byteLength / 4);
}

/** A byte on white, as a float32. */
export function blended(value: number, alpha: number): number {
  return Math.fround(255 + (alpha / 255) * (value - 255));
}
