export interface Quantized {
  readonly values: Int8Array;
  /** By channel: value × scale is about what it was. */
  readonly scales: Float32Array;
}

/** Smallest float32 with all its precision. */
const SMALLEST_SCALE = 2 ** -126;

/**
 * Symmetric int8 by channel: scale = max |w| / 127, value = w / scale rounded to nearest, ties to even. Null when a value is not finite, or
 * a channel so small that float32 has no scale for it.
 * @param axis of the channels
 */
export function quantize(floats: Float32Array, dims: readonly number[], axis: number): Quantized | null {
  const channels = dims[axis] ?? 0;
  const inner = dims.slice(axis + 1).reduce((product, size) => product * size, 1);
  const largest = new Float64Array(channels);
  for (let i = 0; i < floats.length; i += 1) {
    const size = Math.abs(floats[i] ?? 0);
    if (!Number.isFinite(size)) return null;
    const channel = Math.floor(i / inner) % channels;
    if (size > (largest[channel] ?? 0)) largest[channel] = size;
  }
  // A channel of zeros may have any scale.
  const scales = Float32Array.from(largest, (size) => (size === 0 ? 1 : size / 127));
  if (scales.some((scale) => scale < SMALLEST_SCALE)) return null;
  const values = new Int8Array(floats.length);
  for (let i = 0; i < floats.length; i += 1) {
    const steps = roundToEven((floats[i] ?? 0) / (scales[Math.floor(i / inner) % channels] ?? 1));
    values[i] = Math.max(-127, Math.min(127, steps));
  }
  return { values, scales };
}

function roundToEven(value: number): number {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}
