import type { Pixels } from '../pixels.ts';

/** Source positions with weights that make up each target position along one axis. */
type Taps = readonly (readonly { readonly at: number; readonly weight: number }[])[];

/**
 * `area`: the average of the source area a target pixel covers, exact at fractions of pixels: for shrinking. `bilinear`: half-pixel
 * centres, edges repeated, no antialias. Separable, one axis after the other.
 */
export function resize(image: Pixels, width: number, height: number, method: 'area' | 'bilinear'): Pixels {
  const taps = method === 'area' ? areaTaps : bilinearTaps;
  return alongY(alongX(image, taps(image.width, width)), taps(image.height, height));
}

function areaTaps(from: number, to: number): Taps {
  const scale = from / to;
  return Array.from({ length: to }, (_, i) => {
    const [start, end] = [i * scale, (i + 1) * scale];
    const row = [];
    for (let at = Math.floor(start); at < Math.min(from, Math.ceil(end)); at += 1) {
      const covered = Math.min(at + 1, end) - Math.max(at, start);
      if (covered > 1e-12) row.push({ at, weight: covered / scale });
    }
    return row;
  });
}

function bilinearTaps(from: number, to: number): Taps {
  return Array.from({ length: to }, (_, i) => {
    const centre = Math.max(0, ((i + 0.5) * from) / to - 0.5);
    const at = Math.min(from - 1, Math.floor(centre));
    const next = Math.min(from - 1, at + 1);
    const weight = centre - at;
    return [{ at, weight: 1 - weight }, { at: next, weight }];
  });
}

function alongX({ width, height, channels, data }: Pixels, taps: Taps): Pixels {
  const result = new Float32Array(taps.length * height * channels);
  for (let y = 0; y < height; y += 1) {
    for (const [x, row] of taps.entries()) {
      for (const { at, weight } of row) {
        for (let c = 0; c < channels; c += 1) {
          const to = (y * taps.length + x) * channels + c;
          result[to] = (result[to] ?? 0) + weight * (data[(y * width + at) * channels + c] ?? 0);
        }
      }
    }
  }
  return { width: taps.length, height, channels, data: result };
}

function alongY({ width, channels, data }: Pixels, taps: Taps): Pixels {
  const stride = width * channels;
  const result = new Float32Array(taps.length * stride);
  for (const [y, row] of taps.entries()) {
    for (const { at, weight } of row) {
      for (let i = 0; i < stride; i += 1) result[y * stride + i] = (result[y * stride + i] ?? 0) + weight * (data[at * stride + i] ?? 0);
    }
  }
  return { width, height: taps.length, channels, data: result };
}
