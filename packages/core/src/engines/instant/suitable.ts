import { walkOnnx } from '@perigee/registry';
import type { OnnxModel } from '@perigee/registry';
import { FREE_SIZE, inferShapes } from '../onnx/shapes/infer.ts';
import { readShapeGraph } from '../onnx/shapes/read.ts';
import type { ShapeGraph } from '../onnx/shapes/read.ts';
import { hasOperator } from './operators/table.ts';

/**
 * Most multiplications of a run, in convolutions and in dense layers. They take about 4.5 ms in
 * plain JavaScript, so a device that is four times slower needs about one frame. Slower models soon
 * lose the time that the early start gains: see "Convolutions in plain JavaScript" in
 * bench/RESULTS.md.
 */
const MAX_MULTIPLICATIONS = 1_000_000;

/**
 * The reason why a model should run on wasm; null when plain JavaScript is fast enough. The
 * estimate is for one row, with a size of 64 for each other free dimension. It reads only names,
 * shapes and small constants.
 */
export function unsuitable(bytes: Uint8Array): string | null {
  try {
    return unsuitableGraph(walkOnnx(bytes), readShapeGraph(bytes));
  } catch {
    return 'it cannot be read without ONNX Runtime';
  }
}

/** As `unsuitable`, for a file that was read already. */
export function unsuitableGraph(
  { operators, inputs, otherOutputs, externalFiles }: OnnxModel,
  graph: ShapeGraph,
): string | null {
  const missing = Object.keys(operators).find((op) => !hasOperator(op));
  if (missing !== undefined) return `the instant engine does not have the operator ${missing}`;
  if (otherOutputs.length > 0) return 'not all of its outputs are tensors';
  if (externalFiles.length > 0) return 'its weights are in another file';
  const { multiplications } = inferShapes(graph, inputs, 1);
  if (multiplications === null)
    return (
      'the shapes inside it are not known before a run, nor how long it takes in plain ' +
      'JavaScript'
    );
  const millions = Math.round(multiplications / 1e6);
  return multiplications > MAX_MULTIPLICATIONS
    ? `a run takes about ${millions} million multiplications (${FREE_SIZE} for each free ` +
        'size), much for plain JavaScript'
    : null;
}
