import { walkOnnx } from './onnx-walk.ts';

/** A piece of a file, [start, end). */
export interface Cut {
  readonly start: number;
  readonly end: number;
}

const KIB = 1024;
const MIB = 1024 * KIB;
/** Smaller tensors stay with the graph around them: a chunk has a cost of its own. */
const MIN_TENSOR_BYTES = 4 * KIB;
/** What lies between tensors (graph, names, small tensors) is cut at this size, so that a renamed node costs one piece. */
const SKELETON_BYTES = 64 * KIB;
const LARGE_TENSOR_BYTES = 64 * MIB;

/**
 * Where an ONNX file is cut: every tensor of 4 KiB and more on its own, split from its own start at 1 MiB (4 MiB from 64 MiB on), so that
 * a tensor that did not change keeps its chunks wherever it moves in the file. The pieces cover the file without gap or overlap.
 */
export function cutOnnxFile(bytes: Uint8Array): Cut[] {
  const cuts: Cut[] = [];
  let at = 0;
  for (const { start, end } of walkOnnx(bytes).tensors) {
    if (end - start < MIN_TENSOR_BYTES) continue;
    cuts.push(...pieces(at, start, SKELETON_BYTES), ...pieces(start, end, end - start >= LARGE_TENSOR_BYTES ? 4 * MIB : MIB));
    at = end;
  }
  return [...cuts, ...pieces(at, bytes.byteLength, SKELETON_BYTES)];
}

/** A file of unknown layout: 1 MiB pieces. */
export function cutPlainFile(bytes: Uint8Array): Cut[] {
  return pieces(0, bytes.byteLength, MIB);
}

function pieces(start: number, end: number, size: number): Cut[] {
  const result: Cut[] = [];
  for (let at = start; at < end; at += size) result.push({ start: at, end: Math.min(end, at + size) });
  return result;
}
