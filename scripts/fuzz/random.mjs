import { seededRandom } from '@perigee/profile/analysis';

/** @typedef {import('./types.d.ts').Dtype} Dtype */
/** @typedef {import('./types.d.ts').FuzzTensor} FuzzTensor */
/** @typedef {import('./types.d.ts').Shape} Shape */
/** Random values from a seed; the same seed gives the same values. */
export class Random {
  /** From 0 up to 1. */
  next;

  /** @param {number} seed */
  constructor(seed) {
    this.next = seededRandom(seed);
  }

  /**
   * @param {number} low
   * @param {number} high
   */
  between(low, high) {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  /** @param {number} share */
  chance(share) {
    return this.next() < share;
  }

  /**
   * @template const T
   * @param {readonly T[]} list
   * @returns {T}
   */
  pick(list) {
    return list[this.between(0, list.length - 1)];
  }

  shape(rank = this.between(0, 4), most = 5) {
    const least = this.chance(0.06) ? 0 : 1;
    return Array.from({ length: rank }, () => this.between(least, most));
  }

  /**
   * A shape that broadcasts with the given one: fewer dimensions, some of size one.
   * @param {Shape} shape
   */
  broadcastable(shape) {
    return shape.slice(this.between(0, shape.length)).map((size) => (this.chance(0.4) ? 1 : size));
  }

  /**
   * Some axes of a shape, counted from either end.
   * @param {number} rank
   */
  axes(rank) {
    const all = Array.from({ length: rank }, (_, axis) => axis).filter(() => this.chance(0.5));
    return all.map((axis) => (this.chance(0.5) ? axis : axis - rank));
  }

  /** @param {number} rank */
  axis(rank) {
    return this.between(-rank, rank - 1);
  }
}

const SPECIAL = [
  NaN,
  Infinity,
  -Infinity,
  -0,
  0,
  1,
  -1,
  0.5,
  -0.5,
  1.5,
  2.5,
  1e-30,
  -1e30,
  1e30,
  88,
  -88,
  100,
];
/**
 * Special values without those for which ONNX Runtime's result depends on the order of computation,
 * which differs between machines: sums of huge values and of long whole numbers, and the largest of
 * values with NaN.
 */
const ORDERLESS = SPECIAL.filter((value) => Number.isFinite(value) && Math.abs(value) <= 100);
const ORDERLESS_LONG = [0n, 1n, -1n, 2n ** 32n + 1n, -(2n ** 40n)];
/** @type {Partial<Record<Dtype, readonly number[]>>} */
const SPECIAL_WHOLE = {
  int32: [0, 1, -1, 2 ** 31 - 1, -(2 ** 31), 65_537, -65_537],
  int8: [0, 1, -1, 127, -128],
  uint8: [0, 1, 127, 128, 255],
};
const SPECIAL_LONG = [
  0n,
  1n,
  -1n,
  2n ** 53n + 1n,
  -(2n ** 53n) - 1n,
  2n ** 63n - 1n,
  -(2n ** 63n),
  2n ** 32n + 1n,
];
/** @satisfies {Partial<Record<Dtype, unknown>>} */
const ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int32: Int32Array,
  bool: Uint8Array,
};

/** @param {Shape} shape */
const product = (shape) => shape.reduce((size, length) => size * length, 1);

/**
 * @param {Random} random
 * @param {Dtype} dtype
 * @param {Shape} shape
 * @param {import('./types.d.ts').Range} [range] values lie in this range; a quarter of the tensors
 *   also have special values unless `tame`
 * @returns {FuzzTensor}
 */
export function tensor(
  random,
  dtype,
  shape,
  { low = -3, high = 3, tame = false, isOrderless = false } = {},
) {
  const length = product(shape);
  const isWild = !tame && random.chance(0.25);
  const isSpecial = () => isWild && random.chance(0.4);
  if (dtype === 'string')
    return {
      dtype,
      shape,
      data: Array.from({ length }, () => random.pick(['a', 'b', 'c', '', 'é'])),
    };
  if (dtype === 'int64')
    return {
      dtype,
      shape,
      data: BigInt64Array.from({ length }, () =>
        isSpecial()
          ? random.pick(isOrderless ? ORDERLESS_LONG : SPECIAL_LONG)
          : BigInt(random.between(Math.ceil(low), Math.floor(high))),
      ),
    };
  const isFloat = dtype.startsWith('float');
  const value = () => {
    if (dtype === 'bool') return random.between(0, 1);
    if (isSpecial())
      return random.pick(SPECIAL_WHOLE[dtype] ?? (isOrderless ? ORDERLESS : SPECIAL));
    if (isFloat) return low + random.next() * (high - low);
    return random.between(
      dtype === 'uint8' ? Math.max(0, Math.ceil(low)) : Math.ceil(low),
      Math.floor(high),
    );
  };
  if (!(dtype in ARRAYS)) throw new Error(`There are no random values of ${dtype}.`);
  const array = ARRAYS[/** @type {keyof typeof ARRAYS} */ (dtype)];
  return { dtype, shape, data: new array(Array.from({ length }, value)) };
}

/**
 * @param {readonly (number | bigint)[]} values
 * @param {Shape} [shape]
 * @returns {FuzzTensor}
 */
export const int64 = (values, shape = [values.length]) => ({
  dtype: 'int64',
  shape,
  data: BigInt64Array.from(values, BigInt),
});
/**
 * @param {readonly number[]} values
 * @param {Shape} [shape]
 * @returns {FuzzTensor}
 */
export const floats = (values, shape = [values.length]) => ({
  dtype: 'float32',
  shape,
  data: Float32Array.from(values),
});
