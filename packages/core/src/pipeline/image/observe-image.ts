import type { Pixels } from '../pixels.ts';

/**
 * Computes the five image statistics that are monitored, after averaging the channels:
 * - brightness: mean of the values
 * - contrast: population standard deviation of the values
 * - edges: mean absolute difference of horizontal and vertical neighbours
 * - centerX, centerY: centre of mass of the values, from 0 to 1 (0.5 for an image of zeros)
 */
export function observeImage({ width, height, channels, data }: Pixels): number[] {
  const size = width * height;
  const values = new Float64Array(size);
  for (let pixel = 0, i = 0; pixel < size; pixel += 1) {
    let value = 0;
    for (let c = 0; c < channels; c += 1, i += 1) value += (data[i] as number) / channels;
    values[pixel] = value;
  }
  let [sum, squares, sumX, sumY, difference] = [0, 0, 0, 0, 0];
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const value = values[y * width + x] as number;
      sum += value;
      squares += value * value;
      sumX += value * (x + 0.5);
      sumY += value * (y + 0.5);
      if (x > 0) difference += Math.abs(value - (values[y * width + x - 1] as number));
      if (y > 0) difference += Math.abs(value - (values[(y - 1) * width + x] as number));
    }
  }
  const mean = sum / size;
  const pairs = (width - 1) * height + width * (height - 1);
  return [
    mean,
    Math.sqrt(Math.max(0, squares / size - mean * mean)),
    pairs === 0 ? 0 : difference / pairs,
    sum === 0 ? 0.5 : sumX / sum / width,
    sum === 0 ? 0.5 : sumY / sum / height,
  ];
}
