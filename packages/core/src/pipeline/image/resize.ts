import type { Pixels } from '../pixels.ts';

/**
 * Source positions and weights of each target position along one axis. Those of target i start at
 * `ends[i - 1]` (0 for the first) and stop before `ends[i]`.
 */
interface Taps {
  readonly ends: Int32Array;
  readonly at: Int32Array;
  readonly weights: Float64Array;
}

/**
 * Resizes an image, one axis after the other. `area` averages the source area that a target pixel
 * covers, with exact fractions of pixels: use it to shrink. `bilinear` has half-pixel centres,
 * repeats the edges, and does not antialias, like torch.nn.functional.interpolate with
 * mode="bilinear" and align_corners=False.
 */
export function resize(
  image: Pixels,
  width: number,
  height: number,
  method: 'area' | 'bilinear',
): Pixels {
  const taps = method === 'area' ? areaTaps : bilinearTaps;
  // Height first: that pass reads memory in order, and leaves fewer rows for the pass over width.
  const lower = height === image.height ? image : alongY(image, taps(image.height, height));
  return width === image.width ? lower : alongX(lower, taps(image.width, width));
}

function areaTaps(from: number, to: number): Taps {
  const scale = from / to;
  return toTaps(
    Array.from({ length: to }, (_, i) => {
      const [start, end] = [i * scale, (i + 1) * scale];
      const row: [number, number][] = [];
      for (let at = Math.floor(start); at < Math.min(from, Math.ceil(end)); at += 1) {
        const covered = Math.min(at + 1, end) - Math.max(at, start);
        if (covered > 1e-12) row.push([at, covered / scale]);
      }
      return row;
    }),
  );
}

function bilinearTaps(from: number, to: number): Taps {
  return toTaps(
    Array.from({ length: to }, (_, i) => {
      const centre = Math.max(0, ((i + 0.5) * from) / to - 0.5);
      const at = Math.min(from - 1, Math.floor(centre));
      const weight = centre - at;
      return [
        [at, 1 - weight],
        [Math.min(from - 1, at + 1), weight],
      ];
    }),
  );
}

function toTaps(rows: readonly (readonly (readonly [at: number, weight: number])[])[]): Taps {
  let end = 0;
  return {
    ends: Int32Array.from(rows, (row) => (end += row.length)),
    at: Int32Array.from(rows.flat(), ([at]) => at),
    weights: Float64Array.from(rows.flat(), ([, weight]) => weight),
  };
}

function alongX({ width, height, channels, data }: Pixels, { ends, at, weights }: Taps): Pixels {
  const result = new Float32Array(ends.length * height * channels);
  for (let y = 0, to = 0; y < height; y += 1) {
    const row = y * width * channels;
    for (let x = 0, first = 0; x < ends.length; first = ends[x] as number, x += 1) {
      for (let c = 0; c < channels; c += 1, to += 1) {
        let sum = 0;
        for (let tap = first; tap < (ends[x] as number); tap += 1)
          sum +=
            (weights[tap] as number) * (data[row + (at[tap] as number) * channels + c] as number);
        result[to] = sum;
      }
    }
  }
  return { width: ends.length, height, channels, data: result };
}

function alongY({ width, channels, data }: Pixels, { ends, at, weights }: Taps): Pixels {
  const stride = width * channels;
  const result = new Float32Array(ends.length * stride);
  for (let y = 0, first = 0; y < ends.length; first = ends[y] as number, y += 1) {
    for (let tap = first; tap < (ends[y] as number); tap += 1) {
      const weight = weights[tap] as number;
      for (
        let i = 0, to = y * stride, from = (at[tap] as number) * stride;
        i < stride;
        i += 1, to += 1, from += 1
      )
        result[to] = (result[to] as number) + weight * (data[from] as number);
    }
  }
  return { width, height: ends.length, channels, data: result };
}
