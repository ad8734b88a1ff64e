/**
 * Converts float16. Tensors have its 16-bit patterns (IEEE 754 binary16); golden files have
 * numbers.
 */

export function fromHalf(pattern: number): number {
  const sign = pattern & 0x8000 ? -1 : 1;
  const exponent = (pattern >>> 10) & 0x1f;
  const mantissa = pattern & 0x3ff;
  if (exponent === 31) return mantissa ? Number.NaN : sign * Infinity;
  return (
    sign * (exponent === 0 ? mantissa * 2 ** -24 : (1 + mantissa / 1_024) * 2 ** (exponent - 15))
  );
}

/** Rounds to nearest, ties to even. */
export function toHalf(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  // From half a step above the largest value, 65504, all values become infinite.
  if (size >= 65_520) return sign | 0x7c00;
  const exponent = Math.max(-14, Math.floor(Math.log2(size || 1)));
  const step = 2 ** (exponent - 10);
  const steps = roundToEven(size / step);
  // A carry out of the mantissa correctly increments the exponent. Below 2^-14 the exponent bits
  // are 0.
  return sign | (steps < 1_024 ? steps : ((exponent + 14) << 10) + steps);
}

function roundToEven(value: number): number {
  const low = Math.floor(value);
  const rest = value - low;
  return rest > 0.5 || (rest === 0.5 && low % 2 === 1) ? low + 1 : low;
}

/** Converts many values from their float32 patterns, because models have millions. */
export function halvesOf(floats: Float32Array): Uint16Array<ArrayBuffer> {
  const halves = new Uint16Array(floats.length);
  const patterns = new Uint32Array(floats.buffer, floats.byteOffset, floats.length);
  // Array.from uses an iterator, which is ten times as slow.
  for (let i = 0; i < halves.length; i += 1) halves[i] = halfOfPattern(patterns[i] ?? 0);
  return halves;
}

function halfOfPattern(pattern: number): number {
  const sign = (pattern >>> 16) & 0x8000;
  const size = pattern & 0x7fff_ffff;
  if (size > 0x7f80_0000) return 0x7e00;
  // 65520, 2^-14 and 2^-25 as float32.
  if (size >= 0x477f_f000) return sign | 0x7c00;
  if (size >= 0x3880_0000) return sign | shifted(size - 0x3800_0000, 13);
  return size <= 0x3300_0000
    ? sign
    : sign | shifted((size & 0x7f_ffff) | 0x80_0000, 126 - (size >>> 23));
}

/** Shifts to the right and rounds to nearest, ties to even. */
function shifted(value: number, by: number): number {
  const rest = value & ((1 << by) - 1);
  const half = 1 << (by - 1);
  const low = value >>> by;
  return rest > half || (rest === half && low % 2 === 1) ? low + 1 : low;
}
