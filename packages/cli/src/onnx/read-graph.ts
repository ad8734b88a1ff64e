import { wire } from '@perigee/registry';
import type { WireField } from '@perigee/registry';
import { readTensor } from './read-tensor.ts';
import type { TensorHead } from './read-tensor.ts';

/**
 * A tensor of the main graph that holds weights: an initializer, or the value of a Constant node.
 */
export interface Weight extends TensorHead {
  readonly name: string;
  /** The Constant node; null for an initializer. */
  readonly node: WireField | null;
}

export interface GraphNode {
  /** Operator; other domains than ONNX's own come before the name. */
  readonly type: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /**
   * Attributes with a single number. A negative integer is NaN, because the wire walk does not keep
   * it.
   */
  readonly numbers: ReadonlyMap<string, number>;
  readonly field: WireField;
}

/** The parts of a model's main graph that the conversion of weights needs. */
export interface Graph {
  readonly weights: ReadonlyMap<string, Weight>;
  readonly nodes: readonly GraphNode[];
  /**
   * Names that branches or loop bodies use, or that are graph outputs. Their values must not
   * change.
   */
  readonly usedElsewhere: ReadonlySet<string>;
}

/** Reads the main graph. The file must have passed `walkOnnx()`. */
export function readGraph(bytes: Uint8Array): Graph {
  const weights = new Map<string, Weight>();
  const nodes: GraphNode[] = [];
  const usedElsewhere = new Set<string>();
  for (const part of wire.fields(bytes, 0, bytes.byteLength)) {
    if (part.number !== 7) continue;
    // GraphProto: node 1, initializer 5, output 12.
    for (const field of wire.fields(bytes, part.start, part.end)) {
      if (field.number === 5) {
        const head = readTensor(bytes, wire.message(field));
        weights.set(head.name, { ...head, node: null });
      } else if (field.number === 1) {
        const { node, constant } = readNode(bytes, wire.message(field), usedElsewhere);
        const [name] = node.outputs;
        if (constant && name !== undefined) weights.set(name, { ...constant, name, node: field });
        else nodes.push(node);
      } else if (field.number === 12) addName(bytes, field, usedElsewhere);
    }
  }
  return { weights, nodes, usedElsewhere };
}

/** NodeProto: input 1, output 2, op_type 4, attribute 5, domain 7. */
function readNode(
  bytes: Uint8Array,
  field: WireField,
  usedElsewhere: Set<string>,
): { node: GraphNode; constant: TensorHead | undefined } {
  const inputs: string[] = [];
  const outputs: string[] = [];
  const numbers = new Map<string, number>();
  let operator = '';
  let domain = '';
  let constant: TensorHead | undefined;
  for (const part of wire.fields(bytes, field.start, field.end)) {
    if (part.number === 1) inputs.push(wire.text(bytes, part));
    else if (part.number === 2) outputs.push(wire.text(bytes, part));
    else if (part.number === 4) operator = wire.text(bytes, part);
    else if (part.number === 7) domain = wire.text(bytes, part);
    else if (part.number === 5) {
      const { name, value, tensor } = readAttribute(bytes, wire.message(part), usedElsewhere);
      if (value !== undefined) numbers.set(name, value);
      if (name === 'value') constant = tensor;
    }
  }
  const type = domain === '' || domain === 'ai.onnx' ? operator : `${domain}.${operator}`;
  return {
    node: { type, inputs, outputs, numbers, field },
    constant: type === 'Constant' ? constant : undefined,
  };
}

/** AttributeProto: name 1, f 2, i 3, t 5, g 6, graphs 11. */
function readAttribute(
  bytes: Uint8Array,
  field: WireField,
  usedElsewhere: Set<string>,
): { name: string; value?: number; tensor?: TensorHead } {
  let name = '';
  let value: number | undefined;
  let tensor: TensorHead | undefined;
  for (const part of wire.fields(bytes, field.start, field.end)) {
    if (part.number === 1) name = wire.text(bytes, part);
    else if (part.number === 2 && part.type === 5)
      value = new DataView(bytes.buffer, bytes.byteOffset + part.start, 4).getFloat32(0, true);
    else if (part.number === 3) value = part.value < 2 ** 53 ? part.value : Number.NaN;
    else if (part.number === 5) tensor = readTensor(bytes, wire.message(part));
    else if (part.number === 6 || part.number === 11)
      addNames(bytes, wire.message(part), usedElsewhere);
  }
  return { name, ...(value !== undefined && { value }), ...(tensor && { tensor }) };
}

/**
 * Adds the names that a nested graph uses. They include its own names, which does no harm.
 * `walkOnnx()` has bounded the depth.
 */
function addNames(bytes: Uint8Array, graph: WireField, names: Set<string>): void {
  for (const field of wire.fields(bytes, graph.start, graph.end)) {
    if (field.number === 12) addName(bytes, field, names);
    if (field.number !== 1) continue;
    for (const part of wire.fields(bytes, field.start, field.end)) {
      if (part.number === 1) names.add(wire.text(bytes, part));
      else if (part.number === 5) readAttribute(bytes, wire.message(part), names);
    }
  }
}

/** ValueInfoProto: name 1. */
function addName(bytes: Uint8Array, value: WireField, names: Set<string>): void {
  for (const field of wire.fields(bytes, value.start, value.end))
    if (field.number === 1) names.add(wire.text(bytes, field));
}
