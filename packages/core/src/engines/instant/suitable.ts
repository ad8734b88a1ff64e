import { walkOnnx } from '@perigee/registry';
import { FREE_SIZE, inferShapes } from '../onnx/shapes/infer.ts';
import { readShapeGraph } from '../onnx/shapes/read.ts';
import { hasOperator } from './operators/table.ts';

/**
 * Multiplications a run may take, in convolutions as in dense layers: about 4.5 ms of plain
 * JavaScript, so that a device four times slower needs about a frame. Beyond it the early start is
 * soon lost: see "Convolutions in plain JavaScript" in bench/RESULTS.md.
 */
const MAX_MULTIPLICATIONS = 1_000_000;

/**
 * Why a model should rather run on wasm; null when plain JavaScript will do. One row is counted, with
 * 64 for every other free dimension. Only names, shapes and the values of small constants are read.
 */
export function unsuitable(bytes: Uint8Array): string | null {
  try {
    const { operators, inputs, otherOutputs, externalFiles } = walkOnnx(bytes);
    const missing = Object.keys(operators).find((op) => !hasOperator(op));
    if (missing !== undefined) return `the instant engine does not have the operator ${missing}`;
    if (otherOutputs.length > 0) return 'not all of its outputs are tensors';
    if (externalFiles.length > 0) return 'its weights are in another file';
    const { multiplications } = inferShapes(readShapeGraph(bytes), inputs, 1);
    if (multiplications === null) return 'the shapes inside it are not known before a run, nor how long it takes in plain JavaScript';
    const millions = Math.round(multiplications / 1e6);
    return multiplications > MAX_MULTIPLICATIONS ? `a run takes about ${millions} million multiplications (${FREE_SIZE} for each free size), much for plain JavaScript` : null;
  } catch {
    return 'it cannot be read without ONNX Runtime';
  }
}
