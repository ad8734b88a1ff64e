export interface Quantized {
  readonly values: Int8Array;
  /** Scales by channel: value × scale approximates the original. */
  readonly scales: Float32Array;
}

/** Smallest float32 with full precision. */
const SMALLEST_SCALE = 2 ** -126;

/** Steps from 0 to the largest weight, for weights that are multiplied back to float32. */
export const STEPS_OF_FLOAT_KERNELS = 127;

/**
 * Steps from 0 to the largest weight, for weights of integer kernels. On x86-64 without VNNI these
 * multiply with VPMADDUBSW, which adds two products of a uint8 and an int8 in an int16, and
 * saturates. 2 × 255 × 64 = 32,640 fits an int16; 2 × 255 × 65 does not. `reduce_range` of ONNX
 * Runtime's quantizer exists for the same reason.
 */
export const STEPS_OF_INTEGER_KERNELS = 64;

/**
 * Symmetric int8 quantization by channel: scale = max |w| / steps, value = w / scale rounded to
 * nearest, ties to even. Null if a value is not finite, or if a channel is too small for a float32
 * scale.
 * @param axis of the channels
 */
export function quantize(
  floats: Float32Array,
  dims: readonly number[],
  axis: number,
  steps: number,
): Quantized | null {
  const channels = dims[axis] ?? 0;
  const inner = dims.slice(axis + 1).reduce((product, size) => product * size, 1);
  const largest = new Float64Array(channels);
  for (let i = 0; i < floats.length; i += 1) {
    const size = Math.abs(floats[i] ?? 0);
    if (!Number.isFinite(size)) return null;
    const channel = Math.floor(i / inner) % channels;
    if (size > (largest[channel] ?? 0)) largest[channel] = size;
  }
  // Any scale works for a channel of zeros.
  const scales = Float32Array.from(largest, (size) => (size === 0 ? 1 : size / steps));
  if (scales.some((scale) => scale < SMALLEST_SCALE)) return null;
  const values = new Int8Array(floats.length);
  for (let i = 0; i < floats.length; i += 1) {
    const value = roundToEven((floats[i] ?? 0) / (scales[Math.floor(i / inner) % channels] ?? 1));
    values[i] = Math.max(-steps, Math.min(steps, value));
  }
  return { values, scales };
}

function roundToEven(value: number): number {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}
