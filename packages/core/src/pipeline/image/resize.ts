import type { Pixels, Rgba } from '../pixels.ts';
import { asPixels, blended, wordsOf } from './on-white.ts';
import { tapsOf } from './taps.ts';
import type { Method, Taps } from './taps.ts';

/** Tables for resizing images of one size. */
interface Plan {
  readonly width: number;
  readonly height: number;
  readonly rows: Taps;
  /** The source columns that are read, in ascending order. */
  readonly columns: Int32Array;
  /** Positions are indexes in `columns`. */
  readonly across: Taps;
}

/**
 * Creates a function that resizes images. `area` averages the source area that a target pixel
 * covers, with exact fractions of pixels: use it to shrink. `bilinear` has half-pixel centres,
 * repeats the edges, and does not antialias, like torch.nn.functional.interpolate with
 * mode="bilinear" and align_corners=False.
 *
 * Each row of the result is made in one go: first the sums of the source rows it covers, in the
 * columns that are needed, then the sums of those columns.
 */
export function createResize(
  width: number,
  height: number,
  method: Method,
): (image: Pixels | Rgba) => Pixels {
  // Mostly all images have the same size.
  let last: Plan | undefined;
  return (image) => {
    if (image.width === width && image.height === height) return asPixels(image);
    if (last?.width !== image.width || last.height !== image.height)
      last = planOf(image, width, height, method);
    return resize(image, last);
  };
}

function planOf(
  { width, height }: Pixels | Rgba,
  toWidth: number,
  toHeight: number,
  method: Method,
): Plan {
  const across = tapsOf(width, toWidth, method);
  const columns = Int32Array.from(new Set(across.at)).sort();
  const indexes = new Map(Array.from(columns, (column, index) => [column, index]));
  return {
    width,
    height,
    rows: tapsOf(height, toHeight, method),
    columns,
    across: { ...across, at: across.at.map((column) => indexes.get(column) ?? 0) },
  };
}

function resize(image: Pixels | Rgba, { rows, columns, across }: Plan): Pixels {
  const channels = 'channels' in image ? image.channels : 3;
  const sumRows = 'channels' in image ? pixelSums(image, columns) : rgbaSums(image, columns);
  const [width, height] = [across.ends.length, rows.ends.length];
  const data = new Float32Array(width * height * channels);
  const sums = new Float32Array(columns.length * channels);
  for (let y = 0, first = 0; y < height; first = rows.ends[y] as number, y += 1) {
    sumRows(sums, rows, first, rows.ends[y] as number);
    if (channels === 3) writeRgb(data, y * width * 3, sums, across);
    else writeRow(data, y * width * channels, sums, across, channels);
  }
  return { width, height, channels, data };
}

/** Writes the weighted sums of the rows of some taps, rounded to float32 after each addition. */
type SumRows = (sums: Float32Array, taps: Taps, first: number, end: number) => void;

function rgbaSums({ width, data }: Rgba, columns: Int32Array): SumRows {
  const pixels = wordsOf(data);
  return (sums, { at, weights }, first, end) => {
    for (let i = 0, to = 0; i < columns.length; i += 1, to += 3) {
      const column = columns[i] as number;
      let red = 0;
      let green = 0;
      let blue = 0;
      for (let tap = first; tap < end; tap += 1) {
        const pixel = pixels[(at[tap] as number) * width + column] as number;
        const weight = weights[tap] as number;
        const alpha = pixel >>> 24;
        if (alpha === 255) {
          red = Math.fround(red + weight * (pixel & 255));
          green = Math.fround(green + weight * ((pixel >>> 8) & 255));
          blue = Math.fround(blue + weight * ((pixel >>> 16) & 255));
        } else {
          red = Math.fround(red + weight * blended(pixel & 255, alpha));
          green = Math.fround(green + weight * blended((pixel >>> 8) & 255, alpha));
          blue = Math.fround(blue + weight * blended((pixel >>> 16) & 255, alpha));
        }
      }
      sums[to] = red;
      sums[to + 1] = green;
      sums[to + 2] = blue;
    }
  };
}

function pixelSums({ width, channels, data }: Pixels, columns: Int32Array): SumRows {
  return (sums, { at, weights }, first, end) => {
    for (let i = 0, to = 0; i < columns.length; i += 1) {
      for (let c = 0; c < channels; c += 1, to += 1) {
        const from = (columns[i] as number) * channels + c;
        let sum = 0;
        for (let tap = first; tap < end; tap += 1) {
          const value = data[(at[tap] as number) * width * channels + from] as number;
          sum = Math.fround(sum + (weights[tap] as number) * value);
        }
        sums[to] = sum;
      }
    }
  };
}

function writeRow(
  result: Float32Array,
  start: number,
  row: Float32Array,
  { ends, at, weights }: Taps,
  channels: number,
): void {
  for (let x = 0, first = 0, to = start; x < ends.length; first = ends[x] as number, x += 1) {
    for (let c = 0; c < channels; c += 1, to += 1) {
      let sum = 0;
      for (let tap = first; tap < (ends[x] as number); tap += 1)
        sum += (weights[tap] as number) * (row[(at[tap] as number) * channels + c] as number);
      result[to] = sum;
    }
  }
}

/** `writeRow` for three channels, in half the time. */
function writeRgb(
  result: Float32Array,
  start: number,
  row: Float32Array,
  { ends, at, weights }: Taps,
): void {
  for (let x = 0, tap = 0, to = start; x < ends.length; x += 1, to += 3) {
    const end = ends[x] as number;
    let red = 0;
    let green = 0;
    let blue = 0;
    for (; tap < end; tap += 1) {
      const from = (at[tap] as number) * 3;
      const weight = weights[tap] as number;
      red += weight * (row[from] as number);
      green += weight * (row[from + 1] as number);
      blue += weight * (row[from + 2] as number);
    }
    result[to] = red;
    result[to + 1] = green;
    result[to + 2] = blue;
  }
}
