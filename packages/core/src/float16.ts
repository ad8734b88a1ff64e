const scratch = new Float32Array(1);
const bits = new Uint32Array(scratch.buffer);

/**
 * Converts float16 bit patterns, as in the `data` of a float16 output, to numbers.
 * @param patterns IEEE 754 binary16 patterns, 0 to 65,535
 * @example
 * fromFloat16(Uint16Array.of(0x3e00, 0xc000)); // Float32Array [1.5, -2]
 */
export function fromFloat16(patterns: ArrayLike<number>): Float32Array {
  return Float32Array.from(patterns, (pattern) => fromHalf(pattern));
}

/**
 * Converts numbers to float16 bit patterns, for the `data` of a float16 input. Rounds to the
 * nearest value, ties to even; values beyond ±65,504 after rounding become infinite.
 * @example
 * const x = { dtype: 'float16', shape: [2], data: toFloat16([0.5, 1.5]) };
 */
export function toFloat16(values: ArrayLike<number>): Uint16Array {
  return Uint16Array.from(values, (value) => toHalf(value));
}

/**
 * Converts a number to an IEEE 754 binary16 bit pattern, 0 to 65,535, by way of binary32, which
 * holds every binary16 value exactly. Rounds to the nearest value, ties to even; values beyond
 * ±65,504 after rounding become infinite.
 * @example
 * toHalf(1.5); // 0x3e00
 */
export function toHalf(value: number): number {
  scratch[0] = value;
  const x = bits[0] ?? 0;
  const sign = (x >>> 16) & 0x8000;
  const exponent = ((x >>> 23) & 0xff) - 127 + 15;
  const mantissa = x & 0x7fffff;
  if (Number.isNaN(value)) return sign | 0x7e00;
  if (exponent >= 31) return sign | 0x7c00;
  if (exponent <= 0) {
    if (exponent < -10) return sign;
    return sign | roundShift(mantissa | 0x800000, 14 - exponent);
  }
  // A carry out of the mantissa correctly increments the exponent.
  return sign + ((exponent << 10) + roundShift(mantissa, 13));
}

function roundShift(value: number, shift: number): number {
  const half = 1 << (shift - 1);
  const rest = value & ((1 << shift) - 1);
  const kept = value >>> shift;
  return rest > half || (rest === half && (kept & 1) === 1) ? kept + 1 : kept;
}

/**
 * Converts an IEEE 754 binary16 bit pattern to a number.
 * @param pattern from 0 to 65,535
 * @example
 * fromHalf(0x3e00); // 1.5
 */
export function fromHalf(pattern: number): number {
  const sign = pattern & 0x8000 ? -1 : 1;
  const exponent = (pattern >>> 10) & 0x1f;
  const mantissa = pattern & 0x3ff;
  if (exponent === 31) return mantissa ? Number.NaN : sign * Infinity;
  return (
    sign * (exponent === 0 ? mantissa * 2 ** -24 : (1 + mantissa / 1024) * 2 ** (exponent - 15))
  );
}
