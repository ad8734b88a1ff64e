import type { Tensor } from 'perigee';
import type { AttributeValue } from '../../../../scripts/fuzz/compare.mjs';
import {
  message,
  modelProto,
  nodeProto,
  tensorProto,
  valueInfo,
} from '../../../../scripts/fuzz/onnx-writer.mjs';
import { Random, tensor } from '../../../../scripts/fuzz/random.mjs';

const WIDTH = 16;
const LAYERS = 40;

export function node(
  op: string,
  inputs: readonly string[],
  output: string | readonly string[],
  attributes: Readonly<Record<string, AttributeValue>> = {},
): number[] {
  return message(1, nodeProto({ op, inputs, outputs: [output].flat(), attributes }));
}

export function weights(random: Random, name: string, shape: readonly number[]): number[] {
  const values = tensor(random, 'float32', shape, { low: -0.3, high: 0.3, tame: true });
  return message(5, tensorProto(name, values));
}

/** The number of free dimensions, or a list of sizes and of names of free dimensions. */
type Dimensions = number | readonly (number | string)[];

/** A graph from `x` to `y`, of float32. */
export function graphOf(
  input: Dimensions,
  output: Dimensions,
  ...fields: (readonly number[])[]
): number[] {
  return [
    ...message(11, valueInfo('x', 'float32', input)),
    ...message(12, valueInfo('y', 'float32', output)),
    ...fields.flat(),
  ];
}

/** Layers over [batch, positions, 16]: little to do for 64 positions, much for thousands. */
export function layersOverPositions(more: readonly number[] = []): Uint8Array<ArrayBuffer> {
  const random = new Random(12);
  const layers = Array.from({ length: LAYERS }, (_, i) => [
    ...weights(random, `w${i}`, [WIDTH, WIDTH]),
    ...node('MatMul', [i === 0 ? 'x' : `h${i}`, `w${i}`], `m${i}`),
    ...node('Tanh', [`m${i}`], i === LAYERS - 1 ? 'y' : `h${i + 1}`),
  ]);
  return modelProto(graphOf(3, 3, ...layers, more));
}

export function inputOf(positions: number): Tensor {
  return tensor(new Random(positions), 'float32', [1, positions, WIDTH], { tame: true }) as Tensor;
}
