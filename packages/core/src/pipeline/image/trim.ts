import type { Pixels } from '../pixels.ts';

/**
 * Crops to the pixels that are brighter than `threshold` in any channel, and pads with black to a
 * square. Its side is the content's longer side × (1 + 2 × padding), rounded. The content is
 * centred, rounding down. An image without content stays as it is.
 */
export function trim(image: Pixels, threshold: number, padding: number): Pixels {
  const box = contentBox(image, threshold);
  if (!box) return image;
  const { left, top, width, height } = box;
  const { channels } = image;
  const side = Math.max(1, Math.round(Math.max(width, height) * (1 + 2 * padding)));
  const [x0, y0] = [Math.floor((side - width) / 2), Math.floor((side - height) / 2)];
  const data = new Float32Array(side * side * channels);
  for (let y = 0; y < height; y += 1) {
    const from = ((top + y) * image.width + left) * channels;
    data.set(image.data.subarray(from, from + width * channels), ((y0 + y) * side + x0) * channels);
  }
  return { width: side, height: side, channels, data };
}

function contentBox(
  { width, height, channels, data }: Pixels,
  threshold: number,
): { left: number; top: number; width: number; height: number } | undefined {
  let [left, top, right, bottom] = [width, height, -1, -1];
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width * channels; x += 1) {
      if ((data[y * width * channels + x] ?? 0) <= threshold) continue;
      const column = Math.floor(x / channels);
      left = Math.min(left, column);
      right = Math.max(right, column);
      top = Math.min(top, y);
      bottom = y;
    }
  }
  return right < 0 ? undefined : { left, top, width: right - left + 1, height: bottom - top + 1 };
}
