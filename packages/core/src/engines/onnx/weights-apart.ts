import { wire, wireWrite } from '@perigee/registry';
import type { WireField } from '@perigee/registry';

/**
 * A model's graph without its large weights. It refers to them by `path`; the values stay in the
 * model's own bytes.
 */
export interface WeightsApart {
  readonly graph: Uint8Array;
  readonly path: string;
}

const PATH = 'perigee-weights';
/** Smaller tensors stay in the graph. Among them are shapes and constants the optimiser reads. */
const MIN_BYTES = 64 * 1024;
/**
 * Bytes per element by TensorProto.DataType: float, uint8, int8, uint16, int16, int32, int64,
 * float16, double, uint32, uint64.
 */
const WIDTHS: Readonly<Record<number, number>> = {
  1: 4,
  2: 1,
  3: 1,
  4: 2,
  5: 2,
  6: 4,
  7: 8,
  10: 2,
  11: 8,
  12: 4,
  13: 8,
};

/**
 * Rewrites an ONNX model so that its large weights are external data; the external file is the
 * model itself. ONNX Runtime Web copies a model into its heap, parses it there into a second copy,
 * and makes tensors of that: three times the weights, in a heap that never shrinks. It copies
 * external data only once. Null when nothing is gained, or when the bytes are no model; opening
 * them reports the fault.
 */
export function weightsApart(model: Uint8Array): WeightsApart | null {
  try {
    const parts = modelParts(model);
    return parts && { graph: wireWrite.concat(parts), path: PATH };
  } catch {
    return null;
  }
}

/** ModelProto: graph 7. */
function modelParts(bytes: Uint8Array): Uint8Array[] | null {
  let isApart = false;
  const parts = eachField(bytes, 0, bytes.byteLength, (field) => {
    if (field.number !== 7) return null;
    // GraphProto: initializer 5.
    const graph = eachField(bytes, wire.message(field).start, field.end, (inner) => {
      const tensor = inner.number === 5 ? referring(bytes, wire.message(inner)) : null;
      isApart ||= tensor !== null;
      return tensor && fieldOf(5, tensor);
    });
    return fieldOf(7, graph);
  });
  return isApart ? parts : null;
}

/** Returns each field unchanged, or as the parts that `replace` gives; null keeps the field. */
export function eachField(
  bytes: Uint8Array,
  start: number,
  end: number,
  replace: (field: WireField) => Uint8Array[] | null,
): Uint8Array[] {
  let before = start;
  const parts: Uint8Array[] = [];
  for (const field of wire.fields(bytes, start, end)) {
    parts.push(...(replace(field) ?? [bytes.subarray(before, field.end)]));
    before = field.end;
  }
  return parts;
}

/**
 * TensorProto with a reference in place of its values. Null if the values are not raw, are small,
 * or do not match the shape. Fields: dims 1, data_type 2, raw_data 9.
 */
function referring(bytes: Uint8Array, tensor: WireField): Uint8Array[] | null {
  if (tensor.end - tensor.start < MIN_BYTES) return null;
  let elements = 1;
  let width = 0;
  let raw: WireField | undefined;
  for (const field of wire.fields(bytes, tensor.start, tensor.end)) {
    if (field.number === 1)
      for (const size of field.type === 2 ? wire.packedVarints(bytes, field) : [field.value])
        elements *= size;
    else if (field.number === 2) width = WIDTHS[field.value] ?? 0;
    else if (field.number === 9 && !raw) raw = wire.message(field);
    // Only name 8 and doc_string 12 are harmless. Other fields mean that the values are elsewhere,
    // or that there are two of them.
    else if (field.number !== 8 && field.number !== 12) return null;
  }
  if (!raw || raw.end - raw.start < MIN_BYTES || elements * width !== raw.end - raw.start)
    return null;
  const entry = (key: string, value: string): Uint8Array =>
    wireWrite.bytesField(
      13,
      wireWrite.concat([wireWrite.textField(1, key), wireWrite.textField(2, value)]),
    );
  return [
    ...eachField(bytes, tensor.start, tensor.end, ({ number }) => (number === 9 ? [] : null)),
    entry('location', PATH),
    entry('offset', String(raw.start)),
    entry('length', String(raw.end - raw.start)),
    // data_location: EXTERNAL.
    wireWrite.varintField(14, 1),
  ];
}

/** A length-delimited field. Its payload is not copied. */
export function fieldOf(number: number, parts: readonly Uint8Array[]): Uint8Array[] {
  return [
    wireWrite.bytesHead(
      number,
      parts.reduce((sum, { byteLength }) => sum + byteLength, 0),
    ),
    ...parts,
  ];
}
