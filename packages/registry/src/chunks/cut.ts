import type { ElementWidth } from '../codecs/byte-planes.ts';
import type { Dtype } from '../manifest/signature.ts';
import { walkOnnx } from './onnx-walk.ts';
import type { ExternalSpan } from './onnx-walk.ts';

/** A piece of a file, [start, end). */
export interface Cut {
  readonly start: number;
  readonly end: number;
  /** Of a tensor's piece: whose, from which of its bytes on, and how wide its elements are. */
  readonly tensor?: { readonly name: string; readonly offset: number; readonly width: ElementWidth };
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
 * a tensor that did not change keeps its chunks wherever it moves in the file. Small tensors are apart from the graph, so that other names of nodes leave them as they are. The pieces cover the file without gap or overlap.
 * @throws RegistryError WRONG_CONTENT, UNSUPPORTED_MODEL
 */
export function cutOnnxFile(bytes: Uint8Array): Cut[] {
  const { tensors, initializers } = walkOnnx(bytes);
  return cutAround(tensors, bytes.byteLength, initializers ? [initializers.start, initializers.end] : []);
}

/** A file of tensor data beside an ONNX model, by the spans the model gives for it. Spans that overlap or leave the file are passed over. */
export function cutExternalFile(sizeBytes: number, spans: readonly (Pick<ExternalSpan, 'start' | 'end'> & Partial<ExternalSpan>)[]): Cut[] {
  return cutAround(spans.map(({ start, end, ...rest }) => ({ ...rest, start, end: end ?? sizeBytes })).toSorted((a, b) => a.start - b.start || a.end - b.end), sizeBytes);
}

/**
 * @param spans in file order
 * @param seams where what lies between large tensors may come apart, in file order
 */
function cutAround(spans: readonly Span[], sizeBytes: number, seams: readonly number[] = []): Cut[] {
  const cuts: Cut[] = [];
  let at = 0;
  for (const { start, end, name, dtype } of spans) {
    if (end - start < MIN_TENSOR_BYTES || start < at || end > sizeBytes) continue;
    cuts.push(...skeleton(at, start, seams), ...pieces(start, end, end - start >= LARGE_TENSOR_BYTES ? 4 * MIB : MIB).map((piece) => (name === undefined ? piece : { ...piece, tensor: { name, offset: piece.start - start, width: widthOf(dtype ?? null) } })));
    at = end;
  }
  return [...cuts, ...skeleton(at, sizeBytes, seams)];
}

/** Comes apart at a seam only where both sides are worth a chunk. */
function skeleton(start: number, end: number, seams: readonly number[]): Cut[] {
  const seam = seams.find((at) => at - start >= MIN_TENSOR_BYTES && end - at >= MIN_TENSOR_BYTES);
  return seam === undefined ? pieces(start, end, SKELETON_BYTES) : [...pieces(start, seam, SKELETON_BYTES), ...skeleton(seam, end, seams)];
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

/** What has packed elements, or none that JavaScript knows, is compressed as bytes. */
function widthOf(dtype: Dtype | null): ElementWidth {
  if (dtype === 'float64' || dtype === 'int64' || dtype === 'uint64') return 8;
  if (dtype === 'float32' || dtype === 'int32' || dtype === 'uint32') return 4;
  return dtype === 'float16' || dtype === 'int16' || dtype === 'uint16' ? 2 : 1;
}
