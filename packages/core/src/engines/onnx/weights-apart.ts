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
    const graph = graphWithout(bytesSource(model), PATH);
    return graph && { graph, path: PATH };
  } catch {
    return null;
  }
}

/** A model that is read in parts. */
export interface ModelSource {
  readonly sizeBytes: number;
  fields(start: number, end: number): Iterable<WireField>;
  /** The bytes may change later; the caller copies what it keeps. */
  bytes(start: number, end: number): Uint8Array;
}

function bytesSource(bytes: Uint8Array): ModelSource {
  return {
    sizeBytes: bytes.byteLength,
    fields: (start, end) => wire.fields(bytes, start, end),
    bytes: (start, end) => bytes.subarray(start, end),
  };
}

/**
 * The model without its large weights, which stay at `path`. Null when it has none.
 * @param moved gives the new location of external data; undefined keeps a location
 */
export function graphWithout(
  source: ModelSource,
  path: string,
  moved: (location: string) => string | undefined = () => undefined,
): Uint8Array | null {
  let isApart = false;
  // ModelProto: graph 7.
  const parts = eachPart(source, 0, source.sizeBytes, (field) => {
    if (field.number !== 7) return null;
    // GraphProto: initializer 5.
    const graph = eachPart(source, wire.message(field).start, field.end, (inner) => {
      const tensor =
        inner.number === 5 ? referring(source, wire.message(inner), path, moved) : null;
      isApart ||= tensor !== null;
      return tensor && fieldOf(5, tensor);
    });
    return fieldOf(7, graph);
  });
  return isApart ? wireWrite.concat(parts) : null;
}

/** Like `eachField`, of a source. Fields that stay are copied. */
function eachPart(
  source: ModelSource,
  start: number,
  end: number,
  replace: (field: WireField) => Uint8Array[] | null,
): Uint8Array[] {
  let before = start;
  const parts: Uint8Array[] = [];
  for (const field of source.fields(start, end)) {
    parts.push(...(replace(field) ?? [source.bytes(before, field.end).slice()]));
    before = field.end;
  }
  return parts;
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
 * or do not match the shape. Fields: dims 1, data_type 2, raw_data 9, external_data 13.
 */
function referring(
  source: ModelSource,
  tensor: WireField,
  path: string,
  moved: (location: string) => string | undefined,
): Uint8Array[] | null {
  if (tensor.end - tensor.start < MIN_BYTES)
    return relocated(source.bytes(tensor.start, tensor.end).slice(), moved);
  let elements = 1;
  let width = 0;
  let raw: WireField | undefined;
  for (const field of source.fields(tensor.start, tensor.end)) {
    if (field.number === 1) elements *= product(source, field);
    else if (field.number === 2) width = WIDTHS[field.value] ?? 0;
    else if (field.number === 9 && !raw) raw = wire.message(field);
    // Only name 8 and doc_string 12 are harmless. Other fields mean that the values are elsewhere,
    // or that there are two of them.
    else if (field.number !== 8 && field.number !== 12) return null;
  }
  if (!raw || raw.end - raw.start < MIN_BYTES || elements * width !== raw.end - raw.start)
    return null;
  return [
    ...eachPart(source, tensor.start, tensor.end, ({ number }) => (number === 9 ? [] : null)),
    entry('location', path),
    entry('offset', String(raw.start)),
    entry('length', String(raw.end - raw.start)),
    // data_location: EXTERNAL.
    wireWrite.varintField(14, 1),
  ];
}

/** The product of the sizes in a field of dims, packed or not. */
function product(source: ModelSource, field: WireField): number {
  if (field.type !== 2) return field.value;
  const bytes = source.bytes(field.start, field.end);
  return wire
    .packedVarints(bytes, { ...field, start: 0, end: bytes.byteLength })
    .reduce((all, size) => all * size, 1);
}

/** A TensorProto whose external data has another location; null if its location stays. */
function relocated(
  tensor: Uint8Array,
  moved: (location: string) => string | undefined,
): Uint8Array[] | null {
  let hasMoved = false;
  const parts = eachField(tensor, 0, tensor.byteLength, (field) => {
    // StringStringEntryProto: key 1, value 2.
    if (field.number !== 13 || textIn(tensor, field, 1) !== 'location') return null;
    const location = moved(textIn(tensor, field, 2) ?? '');
    hasMoved ||= location !== undefined;
    return location === undefined ? null : [entry('location', location)];
  });
  return hasMoved ? parts : null;
}

function textIn(bytes: Uint8Array, parent: WireField, number: number): string | undefined {
  for (const field of wire.fields(bytes, wire.message(parent).start, parent.end))
    if (field.number === number) return wire.text(bytes, field);
  return undefined;
}

const entry = (key: string, value: string): Uint8Array =>
  wireWrite.bytesField(
    13,
    wireWrite.concat([wireWrite.textField(1, key), wireWrite.textField(2, value)]),
  );

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
