import type { ElementWidth } from '../codecs/byte-planes.ts';
import type { Dtype } from '../manifest/signature.ts';
import { walkOnnx } from './onnx-walk.ts';
import type { ExternalSpan } from './onnx-walk.ts';

/** A piece of a file: the bytes [start, end). */
export interface Cut {
  readonly start: number;
  readonly end: number;
  /**
   * Set for a piece of a tensor: its name, the offset of the piece in the tensor, and the bytes of
   * an element.
   */
  readonly tensor?: {
    readonly name: string;
    readonly offset: number;
    readonly width: ElementWidth;
  };
}

type Span = Cut & { readonly name?: string; readonly dtype?: Dtype | null };

const KIB = 1024;
const MIB = 1024 * KIB;
/** Smaller tensors share chunks, because each chunk costs a request. */
const MIN_TENSOR_BYTES = 4 * KIB;
/**
 * Size of the pieces between large tensors (graph, names, small tensors). They are small, so that a
 * renamed node changes one piece.
 */
const SKELETON_BYTES = 64 * KIB;
const LARGE_TENSOR_BYTES = 64 * MIB;

/**
 * Cuts an ONNX file at tensor boundaries. Each tensor of at least 4 KiB gets pieces of its own: 1
 * MiB each, or 4 MiB if the tensor has at least 64 MiB. An unchanged tensor therefore keeps its
 * chunks wherever it moves in the file. Small tensors are separate from the graph, so that renamed
 * nodes do not change them. The pieces cover the file without gap or overlap.
 * @throws RegistryError WRONG_CONTENT, UNSUPPORTED_MODEL
 * @example
 * ```ts
 * const chunks = cutOnnxFile(bytes).map(({ start, end }) => bytes.subarray(start, end));
 * ```
 */
export function cutOnnxFile(bytes: Uint8Array): Cut[] {
  const { tensors, initializers } = walkOnnx(bytes);
  return cutAround(
    tensors,
    bytes.byteLength,
    initializers ? [initializers.start, initializers.end] : [],
  );
}

/**
 * Cuts a file of external tensor data at the spans that the ONNX model gives for it. Spans that
 * overlap or leave the file are skipped.
 * @param spans in bytes; an `end` of null means the end of the file
 * @example
 * ```ts
 * const { externalTensors } = walkOnnx(model);
 * const spans = externalTensors.filter(({ file }) => file === 'weights.bin');
 * const cuts = cutExternalFile(weights.byteLength, spans);
 * ```
 */
export function cutExternalFile(
  sizeBytes: number,
  spans: readonly (Pick<ExternalSpan, 'start' | 'end'> & Partial<ExternalSpan>)[],
): Cut[] {
  return cutAround(
    spans
      .map(({ start, end, ...rest }) => ({ ...rest, start, end: end ?? sizeBytes }))
      .toSorted((a, b) => a.start - b.start || a.end - b.end),
    sizeBytes,
  );
}

/**
 * @param spans in file order
 * @param seams where the bytes between large tensors may be cut, in file order
 */
function cutAround(
  spans: readonly Span[],
  sizeBytes: number,
  seams: readonly number[] = [],
): Cut[] {
  const cuts: Cut[] = [];
  let at = 0;
  for (const { start, end, name, dtype } of spans) {
    if (end - start < MIN_TENSOR_BYTES || start < at || end > sizeBytes) continue;
    cuts.push(
      ...skeleton(at, start, seams),
      ...pieces(start, end, end - start >= LARGE_TENSOR_BYTES ? 4 * MIB : MIB).map((piece) =>
        name === undefined
          ? piece
          : {
              ...piece,
              tensor: { name, offset: piece.start - start, width: widthOf(dtype ?? null) },
            },
      ),
    );
    at = end;
  }
  return [...cuts, ...skeleton(at, sizeBytes, seams)];
}

/** Cuts at a seam only if both sides are large enough for a chunk. */
function skeleton(start: number, end: number, seams: readonly number[]): Cut[] {
  const seam = seams.find((at) => at - start >= MIN_TENSOR_BYTES && end - at >= MIN_TENSOR_BYTES);
  return seam === undefined
    ? pieces(start, end, SKELETON_BYTES)
    : [...pieces(start, seam, SKELETON_BYTES), ...skeleton(seam, end, seams)];
}

/**
 * Cuts a file of unknown layout into pieces of 1 MiB.
 * @example
 * ```ts
 * cutPlainFile(new Uint8Array(1_500_000)); // [0, 1048576) and [1048576, 1500000)
 * ```
 */
export function cutPlainFile(bytes: Uint8Array): Cut[] {
  return pieces(0, bytes.byteLength, MIB);
}

function pieces(start: number, end: number, size: number): Cut[] {
  const result: Cut[] = [];
  for (let at = start; at < end; at += size)
    result.push({ start: at, end: Math.min(end, at + size) });
  return result;
}

/**
 * Bytes of an element. Types with packed elements, and types without a JavaScript array, count as
 * bytes.
 */
function widthOf(dtype: Dtype | null): ElementWidth {
  if (dtype === 'float64' || dtype === 'int64' || dtype === 'uint64') return 8;
  if (dtype === 'float32' || dtype === 'int32' || dtype === 'uint32') return 4;
  return dtype === 'float16' || dtype === 'int16' || dtype === 'uint16' ? 2 : 1;
}
