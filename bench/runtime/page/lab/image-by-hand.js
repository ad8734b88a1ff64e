// Pixels to a normalised tensor, written by hand for one recipe: resize to 224 × 224 with half-pixel
// bilinear weights, scale, normalise, planar. The pixels are opaque.

const SIDE = 224;
const PLANE = SIDE * SIDE;

export function makeTensor({ width, height, data: { buffer } }) {
  const pixels = new Uint32Array(buffer);
  const data = new Float32Array(3 * PLANE);
  if (width === SIDE && height === SIDE) normalise(data, pixels);
  else resize(data, pixels, width, axis(width), axis(height));
  return { dtype: 'float32', shape: [1, 3, SIDE, SIDE], data };
}

function normalise(data, pixels) {
  for (let to = 0; to < PLANE; to += 1) {
    const pixel = pixels[to];
    data[to] = (pixel & 255) / 127.5 - 1;
    data[to + PLANE] = ((pixel >>> 8) & 255) / 127.5 - 1;
    data[to + 2 * PLANE] = ((pixel >>> 16) & 255) / 127.5 - 1;
  }
}

function resize(data, pixels, width, columns, rows) {
  for (let y = 0, to = 0; y < SIDE; y += 1) {
    const top = rows.first[y] * width;
    const bottom = rows.second[y] * width;
    const down = rows.weights[y];
    for (let x = 0; x < SIDE; x += 1, to += 1) {
      const left = columns.first[x];
      const right = columns.second[x];
      const across = columns.weights[x];
      const [a, b, c, d] = [
        pixels[top + left],
        pixels[top + right],
        pixels[bottom + left],
        pixels[bottom + right],
      ];
      for (let channel = 0, shift = 0; channel < 3; channel += 1, shift += 8) {
        const upper = (a >>> shift) & 255;
        const lower = (c >>> shift) & 255;
        const above = upper + (((b >>> shift) & 255) - upper) * across;
        const below = lower + (((d >>> shift) & 255) - lower) * across;
        data[to + channel * PLANE] = (above + (below - above) * down) / 127.5 - 1;
      }
    }
  }
}

/** The two source positions of each target position, and the weight of the second one. */
function axis(from) {
  const first = new Int32Array(SIDE);
  const second = new Int32Array(SIDE);
  const weights = new Float64Array(SIDE);
  for (let i = 0; i < SIDE; i += 1) {
    const centre = Math.max(0, ((i + 0.5) * from) / SIDE - 0.5);
    first[i] = Math.min(from - 1, Math.floor(centre));
    second[i] = Math.min(from - 1, first[i] + 1);
    weights[i] = centre - first[i];
  }
  return { first, second, weights };
}
