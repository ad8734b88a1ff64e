import { wire } from '@perigee/registry';
import type { Dtype, WireField } from '@perigee/registry';
import { PerigeeError } from '../../error.ts';
import type { Tensor } from '../../tensor.ts';
import { allocate } from './tensors.ts';

const { fields, message, text } = wire;

export type Attribute = number | string | readonly number[] | readonly string[] | Tensor;

export interface GraphNode {
  /** As `Gemm`, or with its domain as `ai.onnx.ml.Scaler`. */
  readonly op: string;
  readonly name: string;
  /** Of the operator set the node's domain is imported at. */
  readonly opset: number;
  /** An empty name is an input left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, Attribute>;
}

export interface Graph {
  readonly nodes: readonly GraphNode[];
  readonly constants: ReadonlyMap<string, Tensor>;
}

/** TensorProto.DataType, as far as this engine computes with it. */
const DTYPES: ReadonlyMap<number, Dtype> = new Map([[1, 'float32'], [2, 'uint8'], [3, 'int8'], [6, 'int32'], [7, 'int64'], [8, 'string'], [9, 'bool'], [11, 'float64']]);

export function dtypeOf(number: number): Dtype {
  const dtype = DTYPES.get(number);
  if (!dtype) throw new PerigeeError('UNSUPPORTED_OPERATOR', `The instant engine does not compute with tensors of ONNX's element type ${number}. Use backend "wasm".`, { details: { backend: 'cpu' } });
  return dtype;
}

/**
 * Nodes and weights of a model that `walkOnnx` has found sound. Field numbers: onnx.proto3 of the ONNX repository.
 * @throws RegistryError WRONG_CONTENT, PerigeeError WRONG_CONTENT, UNSUPPORTED_OPERATOR
 */
export function readGraph(bytes: Uint8Array): Graph {
  const opsets = new Map<string, number>();
  let graph: WireField | undefined;
  for (const field of fields(bytes, 0, bytes.byteLength)) {
    if (field.number === 7) graph = message(field);
    if (field.number === 8) {
      let domain = '';
      let version = 0;
      for (const inner of fields(bytes, message(field).start, field.end)) {
        if (inner.number === 1) domain = text(bytes, inner);
        if (inner.number === 2) ({ value: version } = inner);
      }
      opsets.set(domain === 'ai.onnx' ? '' : domain, version);
    }
  }
  const nodes: GraphNode[] = [];
  const constants = new Map<string, Tensor>();
  if (graph) {
    for (const field of fields(bytes, graph.start, graph.end)) {
      if (field.number === 1) nodes.push(readNode(bytes, message(field), opsets));
      else if (field.number === 5) {
        const { name, tensor } = readTensor(bytes, message(field));
        constants.set(name, tensor);
      }
    }
  }
  return { nodes, constants };
}

/** NodeProto: input 1, output 2, name 3, op_type 4, attribute 5, domain 7. */
function readNode(bytes: Uint8Array, node: WireField, opsets: ReadonlyMap<string, number>): GraphNode {
  const [inputs, outputs]: [string[], string[]] = [[], []];
  const attributes = new Map<string, Attribute>();
  let [name, op, domain] = ['', '', ''];
  for (const field of fields(bytes, node.start, node.end)) {
    if (field.number === 1) inputs.push(text(bytes, field));
    else if (field.number === 2) outputs.push(text(bytes, field));
    else if (field.number === 3) name = text(bytes, field);
    else if (field.number === 4) op = text(bytes, field);
    else if (field.number === 5) readAttribute(bytes, message(field), attributes);
    else if (field.number === 7) domain = text(bytes, field);
  }
  if (domain === 'ai.onnx') domain = '';
  return { op: domain === '' ? op : `${domain}.${op}`, name, opset: opsets.get(domain) ?? 0, inputs, outputs, attributes };
}

/** AttributeProto: name 1, f 2, i 3, s 4, t 5, floats 7, ints 8, strings 9. Graphs are not read: no operator here has one. */
function readAttribute(bytes: Uint8Array, attribute: WireField, into: Map<string, Attribute>): void {
  let name = '';
  let value: Attribute | undefined;
  const numbers: number[] = [];
  const strings: string[] = [];
  for (const field of fields(bytes, attribute.start, attribute.end)) {
    if (field.number === 1) name = text(bytes, field);
    else if (field.number === 2) value = viewOf(bytes, field).getFloat32(0, true);
    else if (field.number === 3) value = Number(signed(bytes, field.start, field.end).value);
    else if (field.number === 4) value = utf8(bytes, field);
    else if (field.number === 5) value = readTensor(bytes, message(field)).tensor;
    else if (field.number === 7) numbers.push(...floats(bytes, field));
    else if (field.number === 8) numbers.push(...integers(bytes, field).map(Number));
    else if (field.number === 9) strings.push(utf8(bytes, field));
  }
  into.set(name, value ?? (strings.length > 0 ? strings : numbers));
}

/** TensorProto: dims 1, data_type 2, typed values 4 to 7, 10 and 11, name 8, raw_data 9, external_data 13. */
function readTensor(bytes: Uint8Array, proto: WireField): { name: string; tensor: Tensor } {
  const shape: number[] = [];
  const strings: string[] = [];
  let typed: (number | bigint)[] = [];
  let [name, dtype]: [string, Dtype] = ['', 'float32'];
  let raw: WireField | undefined;
  for (const field of fields(bytes, proto.start, proto.end)) {
    if (field.number === 1) shape.push(...integers(bytes, field).map(Number));
    else if (field.number === 2) dtype = dtypeOf(field.value);
    else if (field.number === 4) typed = typed.concat(floats(bytes, field));
    else if (field.number === 5 || field.number === 7 || field.number === 11) typed = typed.concat(integers(bytes, field));
    else if (field.number === 6) strings.push(utf8(bytes, field));
    else if (field.number === 8) name = text(bytes, field);
    else if (field.number === 9) raw = message(field);
    else if (field.number === 10) typed = typed.concat(doubles(bytes, field));
    else if (field.number === 13) throw new PerigeeError('UNSUPPORTED_OPERATOR', `The weights of "${name}" are in another file, which the instant engine does not read. Use backend "wasm".`, { details: { backend: 'cpu' } });
  }
  const tensor = allocate(dtype, shape);
  if (Array.isArray(tensor.data)) strings.forEach((value, i) => ((tensor.data as string[])[i] = value));
  else if (raw) {
    // Copied: the bytes may lie at any offset, typed arrays may not.
    const target = new Uint8Array(tensor.data.buffer);
    if (raw.end - raw.start !== target.length) throw wrongSize(name, raw.end - raw.start, target.length);
    target.set(bytes.subarray(raw.start, raw.end));
  } else {
    if (typed.length !== tensor.data.length) throw wrongSize(name, typed.length, tensor.data.length);
    const values = tensor.data as unknown as (number | bigint)[];
    typed.forEach((value, i) => (values[i] = dtype === 'int64' ? BigInt(value) : Number(value)));
  }
  return { name, tensor };
}

function wrongSize(name: string, got: number, expected: number): PerigeeError {
  return new PerigeeError('WRONG_CONTENT', `The file is not a valid ONNX model: tensor "${name}" has ${got} values or bytes where its shape says ${expected}.`);
}

function utf8(bytes: Uint8Array, field: WireField): string {
  return new TextDecoder().decode(bytes.subarray(field.start, message(field).end));
}

function viewOf(bytes: Uint8Array, field: WireField): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset + field.start, field.end - field.start);
}

/** One value, or packed ones. */
function floats(bytes: Uint8Array, field: WireField): number[] {
  const view = viewOf(bytes, field);
  return Array.from({ length: Math.floor(view.byteLength / 4) }, (_, i) => view.getFloat32(4 * i, true));
}

function doubles(bytes: Uint8Array, field: WireField): number[] {
  const view = viewOf(bytes, field);
  return Array.from({ length: Math.floor(view.byteLength / 8) }, (_, i) => view.getFloat64(8 * i, true));
}

function integers(bytes: Uint8Array, field: WireField): bigint[] {
  const values: bigint[] = [];
  for (let at = field.start; at < field.end; ) {
    const { value, next } = signed(bytes, at, field.end);
    values.push(value);
    at = next;
  }
  return values;
}

/** A varint as the int64 it is: negative ones take ten bytes. */
function signed(bytes: Uint8Array, start: number, end: number): { value: bigint; next: number } {
  let value = 0n;
  let at = start;
  for (let shift = 0n; at < end && shift < 70n; shift += 7n) {
    const byte = bytes[at] ?? 0;
    at += 1;
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  return { value: BigInt.asIntN(64, value), next: at };
}
