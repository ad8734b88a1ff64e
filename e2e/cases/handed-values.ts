import { bytes, count, float, int64, noise, run, want } from './case.ts';
import type { Case, Refusal } from './case.ts';

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

/**
 * The rows of README.md about the results of operators. The right values are those of ONNX Runtime
 * 1.30.
 */
export const HANDED_VALUES: readonly Case[] = [
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
];
