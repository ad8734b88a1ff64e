/** @typedef {import('./types.d.ts').TestTensor} TestTensor */
/**
 * The tolerance of ONNX's own runner (onnx.backend.test.runner). Whole numbers, texts, dtypes and
 * shapes must be equal.
 */
export const TOLERANCE = { rtol: 1e-3, atol: 1e-7 };

const FLOATS = new Set(['float32', 'float64', 'float16', 'bfloat16']);

/**
 * The reason why a tensor is not the expected one; null if it is. |got − expected| ≤ atol + rtol ·
 * |expected|; NaN equals NaN.
 * @param {TestTensor | undefined} got
 * @param {TestTensor} expected
 * @param {{ rtol: number, atol: number }} [tolerance]
 * @returns {string | null}
 */
export function difference(got, expected, { rtol, atol } = TOLERANCE) {
  if (!got) return 'it is missing';
  if (got.dtype !== expected.dtype) return `it is ${got.dtype}, expected ${expected.dtype}`;
  if (got.shape.join() !== expected.shape.join())
    return `its shape is [${got.shape.join(', ')}], expected [${expected.shape.join(', ')}]`;
  if (got.data.length !== expected.data.length)
    return `it has ${got.data.length} values, expected ${expected.data.length}`;
  const value = reader(expected.dtype);
  for (let i = 0; i < expected.data.length; i += 1) {
    const [a, b] = [value(got.data[i]), value(expected.data[i])];
    if (Object.is(a, b) || a === b) continue;
    if (
      FLOATS.has(expected.dtype) &&
      Number.isFinite(b) &&
      Math.abs(Number(a) - Number(b)) <= atol + rtol * Math.abs(Number(b))
    )
      continue;
    return `value ${i} is ${a}, expected ${b}`;
  }
  return null;
}

/**
 * Values of float16 and bfloat16 are 16-bit patterns. Texts stay texts.
 * @param {string} dtype
 * @returns {(value: unknown) => unknown}
 */
function reader(dtype) {
  if (dtype === 'float16') return (value) => fromHalf(Number(value));
  if (dtype === 'bfloat16') return (value) => fromBrain(Number(value));
  return (value) => value;
}

/** @param {number} pattern */
function fromHalf(pattern) {
  const sign = pattern & 0x8000 ? -1 : 1;
  const exponent = (pattern >>> 10) & 0x1f;
  const mantissa = pattern & 0x3ff;
  if (exponent === 31) return mantissa ? Number.NaN : sign * Infinity;
  return (
    sign * (exponent === 0 ? mantissa * 2 ** -24 : (1 + mantissa / 1024) * 2 ** (exponent - 15))
  );
}

const bits = new Uint32Array(1);
const float = new Float32Array(bits.buffer);

/** @param {number} pattern */
function fromBrain(pattern) {
  bits[0] = pattern << 16;
  return float[0] ?? 0;
}
