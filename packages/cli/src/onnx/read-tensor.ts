import { wire } from '@perigee/registry';
import type { WireField } from '@perigee/registry';
import { DATA_TYPE } from '@perigee/registry/onnx';

/** A TensorProto without its values. */
export interface TensorHead {
  readonly name: string;
  readonly dims: readonly number[];
  /** TensorProto.DataType. */
  readonly dataType: number;
  /** Place of the values in a file beside the model; null if they are in the model. */
  readonly external: ReadonlyMap<string, string> | null;
  readonly field: WireField;
}

/** TensorProto: dims 1, data_type 2, name 8, external_data 13. */
export function readTensor(bytes: Uint8Array, field: WireField): TensorHead {
  const dims: number[] = [];
  let dataType = 0;
  let name = '';
  const external = new Map<string, string>();
  for (const part of wire.fields(bytes, field.start, field.end)) {
    if (part.number === 1 && part.type === 0) dims.push(part.value);
    else if (part.number === 1) dims.push(...wire.packedVarints(bytes, part));
    else if (part.number === 2) dataType = part.value;
    else if (part.number === 8) name = wire.text(bytes, part);
    else if (part.number === 13) {
      const [key, value] = entry(bytes, wire.message(part));
      external.set(key, value);
    }
  }
  return { name, dims, dataType, external: external.has('location') ? external : null, field };
}

/**
 * A copy of the values of a float32 tensor. Null if it has another type, or if the number of values
 * differs from its shape.
 * @param files the files beside the model
 */
export function float32Values(
  bytes: Uint8Array,
  tensor: TensorHead,
  files: ReadonlyMap<string, Uint8Array>,
): Float32Array<ArrayBuffer> | null {
  if (tensor.dataType !== DATA_TYPE.float32) return null;
  const raw = rawValues(bytes, tensor, files);
  const size = tensor.dims.reduce((product, dim) => product * dim, 1);
  if (!raw || raw.byteLength !== size * 4) return null;
  return new Float32Array(Uint8Array.from(raw).buffer);
}

/**
 * The stored values: raw_data 9, packed float_data 4, or bytes of a file beside the model. Unpacked
 * floats, which no exporter writes, are not read.
 */
function rawValues(
  bytes: Uint8Array,
  { field, external }: TensorHead,
  files: ReadonlyMap<string, Uint8Array>,
): Uint8Array | undefined {
  if (external) return externalValues(external, files);
  let found: Uint8Array | undefined;
  for (const part of wire.fields(bytes, field.start, field.end)) {
    if (part.type === 2 && (part.number === 9 || part.number === 4) && part.end > part.start)
      found = bytes.subarray(part.start, part.end);
  }
  return found;
}

/**
 * The bytes of an external tensor. Offset and length are decimal text that `walkOnnx()` has
 * checked. Undefined if they are outside the file.
 */
export function externalValues(
  external: ReadonlyMap<string, string>,
  files: ReadonlyMap<string, Uint8Array>,
): Uint8Array | undefined {
  const file = files.get(external.get('location') ?? '');
  const start = Number(external.get('offset') ?? 0);
  const length = external.get('length');
  const end = length === undefined ? file?.byteLength : start + Number(length);
  return file && end !== undefined && start <= end && end <= file.byteLength
    ? file.subarray(start, end)
    : undefined;
}

/** StringStringEntryProto: key 1, value 2. */
function entry(bytes: Uint8Array, field: WireField): [string, string] {
  let key = '';
  let value = '';
  for (const part of wire.fields(bytes, field.start, field.end)) {
    if (part.number === 1) key = wire.text(bytes, part);
    else if (part.number === 2) value = wire.text(bytes, part);
  }
  return [key, value];
}
