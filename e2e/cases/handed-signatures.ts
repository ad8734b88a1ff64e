import type { Tensor } from 'perigee';
import { bytes, float, invalid, predict, run, want } from './case.ts';
import type { Case, Row } from './case.ts';

const six = (): Tensor => float([2, 3], [-1, 2, -3, 4, 5, 6]);

/** The inputs of whd.onnx are named like the fields of an image. */
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

/**
 * The rows of README.md about names, shapes and forms of inputs and outputs. The right values are
 * those of ONNX Runtime 1.30.
 */
export const HANDED_SIGNATURES: readonly Case[] = [
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
];
