import { LIMITS } from './limits.ts';
import type { GoldenSamples, GoldenTensor } from './manifest.ts';
import { DTYPES } from './parse-manifest.ts';
import { reader } from './reader.ts';
import type { Reader } from './reader.ts';
import { parseJson } from './safe-json.ts';
import type { Dtype } from './signature.ts';

/**
 * Parses and checks golden samples.
 * @throws RegistryError INVALID_MANIFEST naming the path of the fault
 * @example
 * ```ts
 * const { samples } = parseGolden(bytes);
 * ```
 */
export function parseGolden(bytes: Uint8Array): GoldenSamples {
  const root = reader(parseJson(bytes, 'golden samples', LIMITS.goldenBytes));
  return {
    schema: root.field('schema').oneOf(['perigee-golden/1']),
    samples: root.field('samples').list(LIMITS.goldenSamples, (sample) => ({
      id: sample.field('id').text(256),
      feeds: tensors(sample.field('feeds')),
      outputs: tensors(sample.field('outputs')),
    })),
  };
}

function tensors(field: Reader): Record<string, GoldenTensor> {
  return Object.fromEntries(field.entries(LIMITS.tensors, tensor));
}

function tensor(field: Reader): GoldenTensor {
  const dtype = field.field('dtype').oneOf(DTYPES);
  const shape = field
    .field('shape')
    .list(LIMITS.dimensions, (item) => item.integer(0, LIMITS.goldenElements));
  const size = shape.reduce((product, dimension) => product * dimension, 1);
  const data = field.field('data');
  const list = data.list(LIMITS.goldenElements);
  if (list.length !== size) data.fail(`${size} values for shape [${shape.join(', ')}]`);
  const { expected, accepts } = VALUES[dtype];
  const wrong = list.findIndex((value) => !accepts(value));
  if (wrong >= 0) reader(list[wrong], `${data.path}[${wrong}]`).fail(`${expected} for ${dtype}`);
  return { dtype, shape, data: list as GoldenTensor['data'] };
}

interface ValueRule {
  readonly expected: string;
  accepts(value: unknown): boolean;
}

/** JSON has no NaN or infinity. They are written as text that `Number()` reads. */
const NON_FINITE: readonly unknown[] = ['NaN', 'Infinity', '-Infinity'];

const FLOAT: ValueRule = {
  expected: 'a number, "NaN", "Infinity" or "-Infinity"',
  accepts: (value) =>
    (typeof value === 'number' && Number.isFinite(value)) || NON_FINITE.includes(value),
};

const integer = (min: number, max: number): ValueRule => ({
  expected: `a whole number from ${min} to ${max}`,
  accepts: (value) =>
    typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max,
});

/** Decimal text, because a JSON number is exact only up to 2^53. Smaller values may be numbers. */
const integer64 = (min: bigint, max: bigint): ValueRule => ({
  expected: `a whole number from ${min} to ${max}, as text beyond 2^53`,
  accepts(value) {
    if (
      !Number.isSafeInteger(value) &&
      !(typeof value === 'string' && /^-?[0-9]{1,20}$/.test(value))
    )
      return false;
    const exact = BigInt(value as number | string);
    return exact >= min && exact <= max;
  },
});

const VALUES: Readonly<Record<Dtype, ValueRule>> = {
  float32: FLOAT,
  float16: FLOAT,
  float64: FLOAT,
  int8: integer(-128, 127),
  uint8: integer(0, 255),
  int16: integer(-32_768, 32_767),
  uint16: integer(0, 65_535),
  int32: integer(-(2 ** 31), 2 ** 31 - 1),
  uint32: integer(0, 2 ** 32 - 1),
  int64: integer64(-(2n ** 63n), 2n ** 63n - 1n),
  uint64: integer64(0n, 2n ** 64n - 1n),
  bool: {
    expected: 'true or false',
    accepts: (value) => value === true || value === false || value === 0 || value === 1,
  },
  string: {
    expected: `text of at most ${LIMITS.textLength} characters`,
    accepts: (value) => typeof value === 'string' && value.length <= LIMITS.textLength,
  },
};
