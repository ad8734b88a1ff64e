import type { Tensor } from 'perigee';
import { count, float, run, want } from './case.ts';
import type { Case } from './case.ts';

const ramp = (): Tensor =>
  float(
    [1, 256],
    count(256).map((i) => i + 1),
  );

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

/**
 * The rows of README.md about how a file is made: its versions, and where its weights are. The
 * right values are those of ONNX Runtime 1.30.
 */
export const HANDED_FILES: readonly Case[] = [
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
  ...withData('ext-dot.onnx', 'ext-dot.data'),
  ...withData('ext-hash.onnx', 'ext#1.data'),
];
