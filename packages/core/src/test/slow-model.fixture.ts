import { graphInput, graphOutput, initializer, model, node } from '@perigee/registry/onnx';
import type { DeclaredShape } from '@perigee/registry/onnx';
import type { Tensor } from 'perigee';
import { Random, tensor } from '../../../../scripts/fuzz/random.mjs';

const WIDTH = 16;
const LAYERS = 40;

export function weights(random: Random, name: string, shape: readonly number[]): Uint8Array {
  const range = { low: -0.3, high: 0.3, tame: true };
  return initializer(name, tensor(random, 'float32', shape, range) as Tensor);
}

/** A graph from `x` to `y`, of float32. */
export function graphOf(
  input: DeclaredShape,
  output: DeclaredShape,
  ...fields: readonly Uint8Array[]
): Uint8Array[] {
  return [graphInput('x', 'float32', input), graphOutput('y', 'float32', output), ...fields];
}

/** Layers over [batch, positions, 16]: little to do for 64 positions, much for thousands. */
export function layersOverPositions(more: readonly Uint8Array[] = []): Uint8Array<ArrayBuffer> {
  const random = new Random(12);
  const layers = Array.from({ length: LAYERS }, (_, i) => [
    weights(random, `w${i}`, [WIDTH, WIDTH]),
    node('MatMul', [i === 0 ? 'x' : `h${i}`, `w${i}`], [`m${i}`]),
    node('Tanh', [`m${i}`], [i === LAYERS - 1 ? 'y' : `h${i + 1}`]),
  ]);
  return model(graphOf(3, 3, ...layers.flat(), ...more));
}

export function inputOf(positions: number): Tensor {
  return tensor(new Random(positions), 'float32', [1, positions, WIDTH], { tame: true }) as Tensor;
}
