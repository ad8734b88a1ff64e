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
  let row = new Float64Array(width);
  let above = new Float64Array(width);
  let sum = 0;
  let squares = 0;
  let sumX = 0;
  let sumY = 0;
  let difference = 0;
  for (let y = 0; y < height; y += 1) {
    averageChannels(row, data, y * width * channels, channels);
    let left = row[0] as number;
    for (let x = 0; x < width; x += 1) {
      const value = row[x] as number;
      sum += value;
      squares += value * value;
      sumX += value * (x + 0.5);
      sumY += value * (y + 0.5);
      if (x > 0) difference += Math.abs(value - left);
      if (y > 0) difference += Math.abs(value - (above[x] as number));
      left = value;
    }
    [row, above] = [above, row];
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

function averageChannels(
  row: Float64Array,
  data: Float32Array,
  start: number,
  channels: number,
): void {
  for (let x = 0, i = start; x < row.length; x += 1) {
    let value = 0;
    for (let c = 0; c < channels; c += 1, i += 1) value += (data[i] as number) / channels;
    row[x] = value;
  }
}
