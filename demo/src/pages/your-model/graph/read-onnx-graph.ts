import { LIMITS, walkOnnx, wire } from '@perigee/registry';
import type { WireField } from '@perigee/registry';
import { connect } from './model-graph.ts';
import type { ModelGraph, NamedNode } from './model-graph.ts';

/**
 * Reads the operators of an ONNX file's main graph. Constants are weights, and are left out.
 * ModelProto: graph 7. GraphProto: node 1, input 11, output 12 (onnx.proto3 of the ONNX
 * repository).
 * @throws RegistryError WRONG_CONTENT when the bytes are no ONNX model
 */
export function readOnnxGraph(bytes: Uint8Array): ModelGraph {
  const { inputs, outputs, otherOutputs } = walkOnnx(bytes);
  const operators: NamedNode[] = [];
  for (const field of wire.fields(bytes, 0, bytes.byteLength)) {
    if (field.number !== 7) continue;
    for (const part of wire.fields(bytes, wire.message(field).start, field.end))
      if (part.number === 1) operators.push(readNode(bytes, wire.message(part)));
  }
  return connect([
    ...inputs.map(({ name }) => inputNode(name)),
    ...operators.filter(({ label }) => label !== 'Constant'),
    ...[...outputs.map(({ name }) => name), ...otherOutputs].map(outputNode),
  ]);
}

export function inputNode(name: string): NamedNode {
  return { kind: 'input', label: name, name, reads: [], writes: [name] };
}

export function outputNode(name: string): NamedNode {
  return { kind: 'output', label: name, name, reads: [name], writes: [] };
}

/** NodeProto: input 1, output 2, name 3, op_type 4, attribute 5, domain 7. */
function readNode(bytes: Uint8Array, node: WireField): NamedNode {
  const reads: string[] = [];
  const writes: string[] = [];
  let [name, type, domain] = ['', '', ''];
  for (const field of wire.fields(bytes, node.start, node.end)) {
    if (field.number === 1) reads.push(wire.text(bytes, field));
    else if (field.number === 2) writes.push(wire.text(bytes, field));
    else if (field.number === 3) name = wire.text(bytes, field);
    else if (field.number === 4) type = wire.text(bytes, field);
    else if (field.number === 5) readOuterTensors(bytes, wire.message(field), reads, 0);
    else if (field.number === 7) domain = wire.text(bytes, field);
  }
  const label = domain === '' || domain === 'ai.onnx' ? type : `${domain}.${type}`;
  // An optional input that is not given has an empty name.
  return { kind: 'operator', label, name, reads: reads.filter(Boolean), writes };
}

/**
 * The branches of an If or a Loop read tensors of the graph around them without listing them as
 * inputs of the node. AttributeProto: g 6, graphs 11. GraphProto: node 1.
 */
function readOuterTensors(
  bytes: Uint8Array,
  attribute: WireField,
  reads: string[],
  depth: number,
): void {
  if (depth >= LIMITS.graphDepth) return;
  for (const field of wire.fields(bytes, attribute.start, attribute.end)) {
    if (field.number !== 6 && field.number !== 11) continue;
    for (const part of wire.fields(bytes, wire.message(field).start, field.end)) {
      if (part.number !== 1) continue;
      for (const inner of wire.fields(bytes, wire.message(part).start, part.end)) {
        if (inner.number === 1) reads.push(wire.text(bytes, inner));
        else if (inner.number === 5) readOuterTensors(bytes, wire.message(inner), reads, depth + 1);
      }
    }
  }
}
