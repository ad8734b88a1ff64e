import type { Dtype } from '../manifest/signature.ts';
import { walkOnnx } from './onnx-walk.ts';
import type { ExternalSpan } from './onnx-walk.ts';

/** A piece of a file, [start, end). */
export interface Cut {
  readonly start: number;
  readonly end: number;
  /** Of a tensor's piece: whose, from which of its bytes on, and how wide its elements are. */
  readonly tensor?: { readonly name: string; readonly offset: number; readonly width: 1 | 2 | 4 };
}

type Span = Cut & { readonly name?: string; readonly dtype?: Dtype | null };

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
 * @throws RegistryError WRONG_CONTENT, UNSUPPORTED_MODEL
 */
export function cutOnnxFile(bytes: Uint8Array): Cut[] {
  return cutAround(walkOnnx(bytes).tensors, bytes.byteLength);
}

/** A file of tensor data beside an ONNX model, by the spans the model gives for it. Spans that overlap or leave the file are passed over. */
export function cutExternalFile(sizeBytes: number, spans: readonly (Pick<ExternalSpan, 'start' | 'end'> & Partial<ExternalSpan>)[]): Cut[] {
  return cutAround(spans.map(({ start, end, ...rest }) => ({ ...rest, start, end: end ?? sizeBytes })).toSorted((a, b) => a.start - b.start || a.end - b.end), sizeBytes);
}

/** @param spans in file order */
function cutAround(spans: readonly Span[], sizeBytes: number): Cut[] {
  const cuts: Cut[] = [];
  let at = 0;
  for (const { start, end, name, dtype } of spans) {
    if (end - start < MIN_TENSOR_BYTES || start < at || end > sizeBytes) continue;
    cuts.push(...pieces(at, start, SKELETON_BYTES), ...pieces(start, end, end - start >= LARGE_TENSOR_BYTES ? 4 * MIB : MIB).map((piece) => (name === undefined ? piece : { ...piece, tensor: { name, offset: piece.start - start, width: widthOf(dtype ?? null) } })));
    at = end;
  }
  return [...cuts, ...pieces(at, sizeBytes, SKELETON_BYTES)];
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

/** What has wider elements, or packed ones, is compressed as bytes. */
function widthOf(dtype: Dtype | null): 1 | 2 | 4 {
  if (dtype === 'float32' || dtype === 'int32' || dtype === 'uint32') return 4;
  return dtype === 'float16' || dtype === 'int16' || dtype === 'uint16' ? 2 : 1;
}
