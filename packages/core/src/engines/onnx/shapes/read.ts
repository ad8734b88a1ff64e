import { wire } from '@perigee/registry';
import type { WireField } from '@perigee/registry';
import { floats, integers } from '../read-numbers.ts';
import { constant, MOST_DIMENSIONS, MOST_VALUES, product, tensor } from './value.ts';
import type { NodeAttribute, ShapeNode, Value } from './value.ts';

const { fields, message, text } = wire;

/** Bytes per value in raw_data by TensorProto.DataType: float32, int32, int64, bool, float64. */
const WIDTHS: ReadonlyMap<number, number> = new Map([
  [1, 4],
  [6, 4],
  [7, 8],
  [9, 1],
  [11, 8],
]);

/** Values that proto3 serializers leave out, by AttributeType: FLOAT, INT and STRING. */
const LEFT_OUT: ReadonlyMap<number, NodeAttribute> = new Map<number, NodeAttribute>([
  [1, 0],
  [2, 0],
  [3, ''],
]);

export interface ShapeGraph {
  readonly nodes: readonly ShapeNode[];
  readonly initializers: ReadonlyMap<string, Value>;
}

/** Reads nodes and shapes of weights. Field numbers: onnx.proto3 of the ONNX repository. */
export function readShapeGraph(bytes: Uint8Array): ShapeGraph {
  const opsets = new Map<string, number>();
  const graphs: WireField[] = [];
  for (const field of fields(bytes, 0, bytes.byteLength)) {
    if (field.number === 7) graphs.push(message(field));
    else if (field.number === 8) readOpset(bytes, message(field), opsets);
  }
  const nodes: ShapeNode[] = [];
  const initializers = new Map<string, Value>();
  for (const graph of graphs) {
    for (const field of fields(bytes, graph.start, graph.end)) {
      if (field.number === 1) nodes.push(readNode(bytes, message(field), opsets));
      else if (field.number === 5) {
        const { name, value } = readTensor(bytes, message(field));
        initializers.set(name, value);
      }
    }
  }
  return { nodes, initializers };
}

/** OperatorSetIdProto: domain 1, version 2. */
function readOpset(bytes: Uint8Array, entry: WireField, opsets: Map<string, number>): void {
  let [domain, version] = ['', 0];
  for (const field of fields(bytes, entry.start, entry.end)) {
    if (field.number === 1) domain = text(bytes, field);
    else if (field.number === 2) version = field.value;
  }
  opsets.set(domain === 'ai.onnx' ? '' : domain, version);
}

/** NodeProto: input 1, output 2, op_type 4, attribute 5, domain 7. */
function readNode(
  bytes: Uint8Array,
  node: WireField,
  opsets: ReadonlyMap<string, number>,
): ShapeNode {
  const [inputs, outputs]: [string[], string[]] = [[], []];
  const attributes = new Map<string, NodeAttribute>();
  let [op, domain] = ['', ''];
  let hasGraph = false;
  for (const field of fields(bytes, node.start, node.end)) {
    if (field.number === 1) inputs.push(text(bytes, field));
    else if (field.number === 2) outputs.push(text(bytes, field));
    else if (field.number === 4) op = text(bytes, field);
    else if (field.number === 5)
      hasGraph = readAttribute(bytes, message(field), attributes) || hasGraph;
    else if (field.number === 7) domain = text(bytes, field);
  }
  if (domain === 'ai.onnx') domain = '';
  const named = domain === '' ? op : `${domain}.${op}`;
  return { op: named, opset: opsets.get(domain) ?? 0, inputs, outputs, attributes, hasGraph };
}

/**
 * AttributeProto: name 1, f 2, i 3, s 4, t 5, g 6, floats 7, ints 8, strings 9, graphs 11, type 20.
 * Returns whether the attribute is a graph. A list of texts becomes a list of as many zeros.
 */
function readAttribute(
  bytes: Uint8Array,
  attribute: WireField,
  into: Map<string, NodeAttribute>,
): boolean {
  let name = '';
  let type = 0;
  let isGraph = false;
  let value: NodeAttribute | undefined;
  const [decimals, whole]: [number[], number[]] = [[], []];
  let texts = 0;
  for (const field of fields(bytes, attribute.start, attribute.end)) {
    if (field.number === 1) name = text(bytes, field);
    else if (field.number === 2) [value] = floats(bytes, field);
    else if (field.number === 3) [value] = integers(bytes, field, Number);
    else if (field.number === 4) value = shortText(bytes, field);
    else if (field.number === 5) ({ value } = readTensor(bytes, message(field)));
    else if (field.number === 7) floats(bytes, field, decimals);
    else if (field.number === 8) integers(bytes, field, Number, whole);
    else if (field.number === 9) texts += 1;
    else if (field.number === 6 || field.number === 11) isGraph = true;
    else if (field.number === 20) type = field.value;
  }
  // A damaged attribute may have several kinds of values. The instant engine takes the same one.
  const numbers = whole.length > 0 ? whole : decimals;
  const list = texts > 0 ? Array.from({ length: texts }, () => 0) : numbers;
  into.set(name, value ?? (list.length > 0 ? list : (LEFT_OUT.get(type) ?? [])));
  return isGraph;
}

/** Reads the first 64 bytes of a text. The texts that matter are short; others may be large. */
function shortText(bytes: Uint8Array, field: WireField): string {
  return new TextDecoder().decode(
    bytes.subarray(field.start, Math.min(message(field).end, field.start + 64)),
  );
}

/**
 * TensorProto: dims 1, data_type 2, float_data 4, int32_data 5, int64_data 7, name 8, raw_data 9,
 * double_data 10.
 */
function readTensor(bytes: Uint8Array, proto: WireField): { name: string; value: Value } {
  const shape: number[] = [];
  let [name, type] = ['', 0];
  const data: WireField[] = [];
  for (const field of fields(bytes, proto.start, proto.end)) {
    if (field.number === 1) integers(bytes, field, Number, shape);
    else if (field.number === 2) type = field.value;
    else if (field.number === 8) name = text(bytes, field);
    else if ([4, 5, 7, 9, 10].includes(field.number)) data.push(field);
  }
  if (shape.length > MOST_DIMENSIONS) return { name, value: tensor(null) };
  const count = product(shape);
  if (count > MOST_VALUES || !WIDTHS.has(type)) return { name, value: tensor(shape) };
  const values = data.flatMap((field) => {
    if (field.number === 5 || field.number === 7) return integers(bytes, field, Number);
    return numbersIn(bytes, field, field.number === 4 ? 1 : field.number === 10 ? 11 : type);
  });
  return {
    name,
    value:
      values.length === count
        ? constant(shape, values, { whole: type === 6 || type === 7 })
        : tensor(shape),
  };
}

/** Reads packed numbers of this TensorProto.DataType. */
function numbersIn(bytes: Uint8Array, field: WireField, type: number): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset + field.start, field.end - field.start);
  const width = WIDTHS.get(type) ?? 1;
  return Array.from({ length: Math.floor(view.byteLength / width) }, (_, i) => {
    const at = i * width;
    if (type === 1) return view.getFloat32(at, true);
    if (type === 11) return view.getFloat64(at, true);
    if (type === 7) return Number(view.getBigInt64(at, true));
    return type === 6 ? view.getInt32(at, true) : view.getUint8(at);
  });
}
