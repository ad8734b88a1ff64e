import type { Tensor } from 'perigee';
import { count, float, int64, invalid, predict, run, want } from './case.ts';
import type { Case, Refusal, Row } from './case.ts';

/** Numbers from 0 to 1, the same each time. */
export function noise(length: number): number[] {
  let state = 7;
  const next = (): number => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0);
  return Array.from({ length }, () => next() / 2 ** 32);
}

const bytes = (shape: readonly number[], values: readonly number[]): Tensor<'uint8'> => ({
  dtype: 'uint8',
  shape,
  data: Uint8Array.from(values),
});

const six = (): Tensor => float([2, 3], [-1, 2, -3, 4, 5, 6]);
const ramp = (): Tensor =>
  float(
    [1, 256],
    count(256).map((i) => i + 1),
  );

const wrongIndex: Refusal = { code: ['INFERENCE_FAILED', 'INVALID_INPUT'], words: [] };
const gather = (file: string): Case => ({
  what: file,
  file,
  elsewhere: true,
  rows: [
    {
      what: 'an index that is not there',
      call: 'run',
      input: () => ({ idx: int64([1], 99n) }),
      refused: wrongIndex,
      unseenBy: 'webgpu',
    },
    run('an index', () => ({ idx: int64([1], 0n) }), {
      y: want('float32', [1, 2], [0.624021, -0.781407]),
    }),
  ],
});

const external = {
  y: {
    ...want(
      'float32',
      [1, 128],
      [-102.417534, -376.8172, -137.74466, 145.43133, 324.93942, -168.93286, 257.78125, 3.318378],
    ),
    every: 16,
  },
};
const withData = (file: string, data: string): Case[] => [
  {
    what: `${file} by its URL`,
    file,
    elsewhere: true,
    rows: [run('a ramp', () => ({ x: ramp() }), external)],
  },
  {
    what: `${file} in a Map`,
    file,
    elsewhere: true,
    files: { [file]: file, [data]: data },
    rows: [run('a ramp', () => ({ x: ramp() }), external)],
  },
  {
    what: `${file} without its data`,
    file,
    elsewhere: true,
    files: { [file]: file },
    refused: { code: 'WRONG_CONTENT', words: [`"${data}"`] },
  },
];

/** Inputs of whd.onnx have the names of the parts of an image. */
const area = { y: want('float32', [4], [6, 7, 134, 261]) };
const pixels = (): Uint8Array => Uint8Array.of(0, 1, 128, 255);
const named: readonly Row[] = [
  run(
    'tensors',
    () => ({ width: float([1], [2]), height: float([1], [3]), data: bytes([4], [0, 1, 128, 255]) }),
    area,
  ),
  predict(
    'tensors',
    () => ({ width: float([1], [2]), height: float([1], [3]), data: bytes([4], [0, 1, 128, 255]) }),
    area,
  ),
  predict(
    'numbers and bytes, as of an image',
    () => ({ width: 2, height: 3, data: pixels() }),
    area,
  ),
  predict(
    'numbers and clamped bytes',
    () => ({ width: 2, height: 3, data: Uint8ClampedArray.from(pixels()) }),
    area,
  ),
  predict('lists', () => ({ width: [2], height: [3], data: [0, 1, 128, 255] }), area),
  predict(
    'arrays',
    () => ({ width: Float32Array.of(2), height: Float32Array.of(3), data: pixels() }),
    area,
  ),
  invalid(
    'another name beside',
    () => ({ width: 2, height: 3, data: pixels(), depth: 1 }),
    'unknown input "depth"',
  ),
  invalid('a name that is missing', () => ({ width: 2, data: pixels() }), 'missing input "height"'),
];

const plusOne = { y: want('int64', [2, 2], [2n, 3n, 4n, 5n]) };

/** The rows of README.md. Right values are those of ONNX Runtime 1.30. */
export const HANDED: readonly Case[] = [
  {
    what: 'unnamed-lp.onnx',
    file: 'unnamed-lp.onnx',
    elsewhere: true,
    inputs: [{ name: 'x', shape: [null, 4] }],
    rows: [
      run('two rows', () => ({ x: float([2, 4], [3, 4, 0, 0, 0, 0, 6, 8]) }), {
        y: want('float32', [2, 4], [0.6, 0.8, 0, 0, 0, 0, 0.6, 0.8]),
      }),
    ],
  },
  {
    what: 'unknown-rank.onnx',
    file: 'unknown-rank.onnx',
    inputs: [{ name: 'x', dtype: 'float32', shape: [], rank: 'unknown' }],
    rows: [
      run('two rows', () => ({ x: six() }), { y: want('float32', [2, 3], [0, 2, 0, 4, 5, 6]) }),
    ],
  },
  gather('gather-room.onnx'),
  gather('gather-plain.onnx'),
  {
    what: 'big-labels.onnx',
    file: 'big-labels.onnx',
    lacking: 'webgpu',
    rows: [
      run('three rows', () => ({ x: float([3, 2], [1, -2, -1, 2, 0, 0]) }), {
        label: want(
          'int64',
          [3],
          [1234567890123456789n, 1234567890123456790n, 1234567890123456789n],
        ),
        scores: want('float32', [3, 2], [0.952574, 0.047426, 0.047426, 0.952574, 0.5, 0.5]),
      }),
    ],
  },
  {
    what: 'value-int.onnx',
    file: 'value-int.onnx',
    rows: [
      run('one', () => ({ i: int64([1], 1n) }), { y: want('int64', [1], [1234567890123456790n]) }),
    ],
  },
  {
    what: 'dynquant-large.onnx',
    file: 'dynquant-large.onnx',
    elsewhere: true,
    rows: [
      run(
        'the full range',
        () => ({
          x: float(
            [4, 256],
            noise(1_024).map((value) => value * 8 - 4),
          ),
        }),
        {
          y: {
            ...want(
              'float32',
              [4, 512],
              [
                -4.5545115, -26.100311, -23.883375, -18.532333, 33.206726, 30.344921, 17.842968,
                10.891659,
              ],
            ),
            every: 256,
          },
        },
      ),
    ],
  },
  {
    what: 'qlinearconv.onnx',
    file: 'qlinearconv.onnx',
    elsewhere: true,
    rows: [
      run(
        'the full range',
        () => ({
          x: bytes(
            [1, 64, 8, 8],
            noise(4_096).map((value) => value * 256),
          ),
        }),
        {
          y: {
            ...want('uint8', [1, 64, 8, 8], [154, 145, 112, 129, 138, 92, 136, 136]),
            every: 512,
          },
        },
      ),
    ],
  },
  {
    what: 'int64.onnx',
    file: 'int64.onnx',
    rows: [
      predict(
        'nested BigInt',
        () => [
          [1n, 2n],
          [3n, 4n],
        ],
        plusOne,
      ),
      predict(
        'nested numbers',
        () => [
          [1, 2],
          [3, 4],
        ],
        plusOne,
      ),
      predict(
        'by name',
        () => ({
          ids: [
            [1, 2n],
            [3n, 4],
          ],
        }),
        plusOne,
      ),
    ],
  },
  {
    what: 'sparse-init.onnx',
    file: 'sparse-init.onnx',
    lacking: 'webgpu',
    elsewhere: true,
    rows: [
      run('one row', () => ({ x: float([3], [1, 2, 3]) }), { y: want('float32', [3], [1, 7, 3]) }),
    ],
  },
  {
    what: 'ir-99.onnx',
    file: 'ir-99.onnx',
    elsewhere: true,
    refused: { code: 'UNSUPPORTED_MODEL', words: ['the IR version 99', 'takes versions up to 13'] },
  },
  {
    what: 'opset-99.onnx',
    file: 'opset-99.onnx',
    elsewhere: true,
    refused: {
      code: 'UNSUPPORTED_MODEL',
      words: ['version of domain ai.onnx 99', 'takes versions up to 26'],
    },
  },
  {
    what: 'zipmap-str.onnx',
    file: 'zipmap-str.onnx',
    lacking: 'webgpu',
    elsewhere: true,
    outputs: [
      { name: 'output_label', dtype: 'string' },
      {
        name: 'output_probability',
        dtype: 'float32',
        shape: [null, 3],
        labels: ['cat', 'dog', 'owl'],
      },
    ],
    rows: [
      run('two rows', () => ({ float_input: float([2, 2], [1, 0, 0, 1]) }), {
        output_label: want('string', [2], ['cat', 'dog']),
        output_probability: want(
          'float32',
          [2, 3],
          [0.665241, 0.244728, 0.090031, 0.244728, 0.665241, 0.090031],
        ),
      }),
    ],
  },
  {
    what: 'sequence-out.onnx',
    file: 'sequence-out.onnx',
    elsewhere: true,
    outputs: [{ name: 'q', dtype: 'float32', rank: 'unknown', list: true }],
    rows: [
      run('two rows', () => ({ x: six() }), {
        q: [want('float32', [1, 3], [-1, 2, -3]), want('float32', [1, 3], [4, 5, 6])],
      }),
    ],
  },
  {
    what: 'scalar-in.onnx',
    file: 'scalar-in.onnx',
    rows: [
      predict('a number', () => ({ x: 5 }), { y: want('float32', [], [10]) }),
      predict('a list of one', () => ({ x: [5] }), { y: want('float32', [], [10]) }),
      predict('a BigInt', () => ({ x: 5n }), { y: want('float32', [], [10]) }),
      predict('a number alone', () => 5, { y: want('float32', [], [10]) }),
      predict('an array of one', () => Float32Array.of(5), { y: want('float32', [], [10]) }),
      run('a tensor without dimensions', () => ({ x: float([], [5]) }), {
        y: want('float32', [], [10]),
      }),
      run('a tensor of shape [1]', () => ({ x: float([1], [5]) }), {
        y: want('float32', [1], [10]),
      }),
      invalid('two values', () => ({ x: [5, 6] }), 'input "x": expected float32 []'),
    ],
  },
  {
    what: 'default-input.onnx',
    file: 'default-input.onnx',
    inputs: [{ name: 'x' }, { name: 'scale', optional: true }],
    rows: [
      run('x', () => ({ x: float([1, 3], [1, 2, 3]) }), { y: want('float32', [1, 3], [2, 4, 6]) }),
      run('x and scale', () => ({ x: float([1, 3], [1, 2, 3]), scale: float([1], [3]) }), {
        y: want('float32', [1, 3], [3, 6, 9]),
      }),
      predict('an array alone', () => Float32Array.of(1, 2, 3), {
        y: want('float32', [1, 3], [2, 4, 6]),
      }),
      predict('scale as a number', () => ({ x: [1, 2, 3], scale: 3 }), {
        y: want('float32', [1, 3], [3, 6, 9]),
      }),
    ],
  },
  {
    what: 'softmax-old.onnx',
    file: 'softmax-old.onnx',
    lacking: 'webgpu',
    rows: [
      run('two rows', () => ({ x: float([2, 2, 2], count(8)) }), {
        y: want(
          'float32',
          [2, 2, 2],
          [0.0320586, 0.0871443, 0.2368828, 0.6439143, 0.0320586, 0.0871443, 0.2368828, 0.6439143],
        ),
      }),
    ],
  },
  {
    what: 'uint8-nhwc.onnx',
    file: 'uint8-nhwc.onnx',
    rows: [
      run(
        'two images',
        () => ({
          img: bytes(
            [2, 4, 4, 3],
            count(96).map((i) => i * 2),
          ),
        }),
        { y: want('float32', [2, 3], [45, 47, 49, 141, 143, 145]) },
      ),
    ],
  },
  { what: 'whd.onnx', file: 'whd.onnx', rows: named },
  {
    what: 'weird-names.onnx',
    file: 'weird-names.onnx',
    rows: [
      run(
        'tensors',
        () => ({
          'serving_default_a:0': float([2], [1, 2]),
          'model/b/ReadVariableOp:0': float([2], [10, 20]),
        }),
        {
          'StatefulPartitionedCall:0': want('float32', [2], [11, 22]),
        },
      ),
    ],
  },
  ...withData('ext-dot.onnx', 'ext-dot.data'),
  ...withData('ext-hash.onnx', 'ext#1.data'),
];
