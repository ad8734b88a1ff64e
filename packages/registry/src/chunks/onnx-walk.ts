import { RegistryError } from '../error.ts';
import type { Dimension, Dtype, TensorSignature } from '../manifest/signature.ts';
import { fields } from './wire.ts';
import type { WireField } from './wire.ts';

/** The bytes of one initializer's values in the file. */
export interface TensorSpan {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

export interface OnnxModel {
  /** In file order. */
  readonly tensors: readonly TensorSpan[];
  readonly inputs: readonly TensorSignature[];
  readonly outputs: readonly TensorSignature[];
  /** Operator set versions by domain; '' is ONNX's own. */
  readonly opsets: Readonly<Record<string, number>>;
  readonly irVersion: number;
  readonly producer: string;
  /** Operators used with their counts, domain prefixed when it is not ONNX's own. */
  readonly operators: Readonly<Record<string, number>>;
  /** Files beside the model that hold tensor data. */
  readonly externalFiles: readonly string[];
}

/** TensorProto.DataType of onnx.proto3, as far as JavaScript has an array for it. */
const DTYPE_BY_NUMBER: Readonly<Record<number, Dtype>> = {
  1: 'float32', 2: 'uint8', 3: 'int8', 4: 'uint16', 5: 'int16', 6: 'int32', 7: 'int64', 8: 'string', 9: 'bool', 10: 'float16', 11: 'float64', 12: 'uint32', 13: 'uint64',
};
const MAX_TENSORS = 200_000;
const MAX_NODES = 1_000_000;

/**
 * What delivery and checks need to know of an ONNX file, read straight off the wire format; the file is not copied and no value is
 * decoded. Field numbers: onnx.proto3 of the ONNX repository.
 * @throws RegistryError WRONG_CONTENT when it is no ONNX model, UNSUPPORTED_MODEL when an input or output is no tensor
 */
export function walkOnnx(bytes: Uint8Array): OnnxModel {
  const opsets: Record<string, number> = {};
  let irVersion = 0;
  let producer = '';
  let graph: WireField | undefined;
  for (const field of fields(bytes, 0, bytes.byteLength)) {
    if (field.number === 1) irVersion = field.value;
    else if (field.number === 2) producer = text(bytes, field);
    else if (field.number === 7) graph = message(field);
    else if (field.number === 8) Object.assign(opsets, opset(bytes, message(field)));
  }
  if (!graph || irVersion === 0) throw new RegistryError('WRONG_CONTENT', `The file (${bytes.byteLength} bytes) is not an ONNX model: it has no graph.`);
  return { irVersion, producer, opsets, ...walkGraph(bytes, graph) };
}

function walkGraph(bytes: Uint8Array, graph: WireField): Pick<OnnxModel, 'tensors' | 'inputs' | 'outputs' | 'operators' | 'externalFiles'> {
  const tensors: TensorSpan[] = [];
  const initialized = new Set<string>();
  const external = new Set<string>();
  const operators: Record<string, number> = {};
  const inputs: WireField[] = [];
  const outputs: WireField[] = [];
  let nodes = 0;
  for (const field of fields(bytes, graph.start, graph.end)) {
    if (field.number === 1) {
      if ((nodes += 1) > MAX_NODES) throw new RegistryError('WRONG_CONTENT', `The model has more than ${MAX_NODES} nodes.`);
      const name = operator(bytes, message(field));
      operators[name] = (operators[name] ?? 0) + 1;
    } else if (field.number === 5) {
      if (initialized.size >= MAX_TENSORS) throw new RegistryError('WRONG_CONTENT', `The model has more than ${MAX_TENSORS} tensors.`);
      const tensor = initializer(bytes, message(field));
      initialized.add(tensor.name);
      if (tensor.externalFile !== undefined) external.add(tensor.externalFile);
      if (tensor.span) tensors.push({ name: tensor.name, start: tensor.span.start, end: tensor.span.end });
    } else if (field.number === 11) inputs.push(message(field));
    else if (field.number === 12) outputs.push(message(field));
  }
  return {
    tensors,
    operators,
    externalFiles: [...external],
    // Before IR version 4 initializers were listed as inputs too.
    inputs: inputs.map((field) => ({ field, name: valueName(bytes, field) })).filter(({ name }) => !initialized.has(name)).map(({ field, name }) => valueInfo(bytes, field, name)),
    outputs: outputs.map((field) => valueInfo(bytes, field, valueName(bytes, field))),
  };
}

/** TensorProto: float_data 4, int32_data 5, string_data 6, int64_data 7, name 8, raw_data 9, double_data 10, uint64_data 11, external_data 13. */
function initializer(bytes: Uint8Array, tensor: WireField): { name: string; span?: WireField; externalFile?: string } {
  let name = '';
  let span: WireField | undefined;
  let externalFile: string | undefined;
  for (const field of fields(bytes, tensor.start, tensor.end)) {
    if (field.number === 8) name = text(bytes, field);
    else if (field.type === 2 && [4, 5, 7, 9, 10, 11].includes(field.number) && (!span || field.end - field.start > span.end - span.start)) span = field;
    else if (field.number === 13) externalFile = externalLocation(bytes, message(field)) ?? externalFile;
  }
  return { name, ...(span && { span }), ...(externalFile !== undefined && { externalFile }) };
}

function externalLocation(bytes: Uint8Array, entry: WireField): string | undefined {
  let key = '';
  let value = '';
  for (const field of fields(bytes, entry.start, entry.end)) {
    if (field.number === 1) key = text(bytes, field);
    else if (field.number === 2) value = text(bytes, field);
  }
  return key === 'location' ? value : undefined;
}

function operator(bytes: Uint8Array, node: WireField): string {
  let type = '';
  let domain = '';
  for (const field of fields(bytes, node.start, node.end)) {
    if (field.number === 4) type = text(bytes, field);
    else if (field.number === 7) domain = text(bytes, field);
  }
  return domain === '' || domain === 'ai.onnx' ? type : `${domain}.${type}`;
}

function opset(bytes: Uint8Array, entry: WireField): Record<string, number> {
  let domain = '';
  let version = 0;
  for (const field of fields(bytes, entry.start, entry.end)) {
    if (field.number === 1) domain = text(bytes, field);
    else if (field.number === 2) version = field.value;
  }
  return { [domain === 'ai.onnx' ? '' : domain]: version };
}

function valueName(bytes: Uint8Array, value: WireField): string {
  for (const field of fields(bytes, value.start, value.end)) if (field.number === 1) return text(bytes, field);
  return '';
}

/** ValueInfoProto.type 2 → TypeProto.tensor_type 1 → elem_type 1, shape 2 → dim 1. */
function valueInfo(bytes: Uint8Array, value: WireField, name: string): TensorSignature {
  const type = child(bytes, value, 2);
  const tensor = type && child(bytes, type, 1);
  if (!tensor) throw new RegistryError('UNSUPPORTED_MODEL', `"${name}" is not a tensor (a sequence, map or optional); only tensors can go in and out.`);
  let dtype: Dtype | undefined;
  const shape: Dimension[] = [];
  for (const field of fields(bytes, tensor.start, tensor.end)) {
    if (field.number === 1) dtype = DTYPE_BY_NUMBER[field.value];
    else if (field.number === 2) {
      for (const dim of fields(bytes, message(field).start, field.end)) if (dim.number === 1) shape.push(dimension(bytes, message(dim)));
    }
  }
  if (!dtype) throw new RegistryError('UNSUPPORTED_MODEL', `"${name}" has an element type that JavaScript has no array for.`);
  return { name, dtype, shape };
}

function dimension(bytes: Uint8Array, dim: WireField): Dimension {
  for (const field of fields(bytes, dim.start, dim.end)) {
    if (field.number === 1) return Number.isSafeInteger(field.value) ? field.value : null;
    if (field.number === 2) return text(bytes, field) || null;
  }
  return null;
}

function child(bytes: Uint8Array, parent: WireField, number: number): WireField | undefined {
  for (const field of fields(bytes, parent.start, parent.end)) if (field.number === number) return message(field);
  return undefined;
}

function message(field: WireField): WireField {
  if (field.type !== 2) throw new RegistryError('WRONG_CONTENT', `The file is not a valid ONNX model: field ${field.number} at byte ${field.start} is no message.`);
  return field;
}

function text(bytes: Uint8Array, field: WireField): string {
  if (field.end - field.start > 65_536) throw new RegistryError('WRONG_CONTENT', `The file is not a valid ONNX model: a name of ${field.end - field.start} bytes at byte ${field.start}.`);
  return new TextDecoder().decode(bytes.subarray(message(field).start, field.end));
}
