import { walkOnnx } from '@perigee/registry';
import { hasOperator } from './operators/table.ts';

/** Multiplications a run may take: some milliseconds of plain JavaScript. */
const MAX_MULTIPLICATIONS = 4_000_000;
/** Where an image's size is free. */
const ASSUMED_SIZE = 64;

/** Why a model should rather run on wasm; null when plain JavaScript will do. Only names and sizes are read. */
export function unsuitable(bytes: Uint8Array): string | null {
  try {
    const { operators, tensors, inputs, externalFiles } = walkOnnx(bytes);
    const missing = Object.keys(operators).find((op) => !hasOperator(op));
    if (missing !== undefined) return `the instant engine does not have the operator ${missing}`;
    if (externalFiles.length > 0) return 'its weights are in another file';
    // Every weight is used once for a row, or once for every place of an image.
    const places = Object.hasOwn(operators, 'Conv') ? Math.max(...inputs.map(({ shape }) => shape.slice(2).reduce<number>((product, size) => product * (typeof size === 'number' ? size : ASSUMED_SIZE), 1))) : 1;
    const weights = tensors.reduce((sum, { start, end }) => sum + (end - start) / 4, 0);
    return weights * places > MAX_MULTIPLICATIONS ? `up to ${Math.round((weights * places) / 1e6)} million multiplications are much for plain JavaScript` : null;
  } catch {
    return 'it cannot be read without ONNX Runtime';
  }
}
