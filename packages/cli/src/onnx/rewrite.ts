import { wire, wireWrite } from '@perigee/registry';
import type { WireField } from '@perigee/registry';
import type { Graph, GraphNode, Weight } from './read-graph.ts';
import { externalValues } from './read-tensor.ts';

const { bytesField, bytesHead, concat, fieldHead, varintField } = wireWrite;

/** TensorProtos in place of a weight, and the NodeProtos that compute a value of its name from them. */
export interface Replacement {
  readonly tensors: readonly Uint8Array[];
  readonly nodes: readonly Uint8Array[];
}

export interface Edit {
  readonly weights: ReadonlyMap<string, Replacement>;
  /** NodeProtos in place of others. */
  readonly nodes: ReadonlyMap<GraphNode, readonly Uint8Array[]>;
}

/** From this version of the format on an initializer need not be an input as well. */
const FREE_INITIALIZERS_IR = 4;

/**
 * A model with some of its weights and nodes replaced; every field that is not touched is copied as it stands, whatever it is. Weights in
 * files beside the model come into it.
 */
export function rewriteModel(bytes: Uint8Array, graph: Graph, edit: Edit, files: ReadonlyMap<string, Uint8Array>): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  for (const field of wire.fields(bytes, 0, bytes.byteLength)) {
    if (field.number === 1) parts.push(varintField(1, Math.max(FREE_INITIALIZERS_IR, field.value)));
    else if (field.number === 7) {
      const body = rewriteGraph(bytes, field, graph, edit, files);
      parts.push(bytesHead(7, body.reduce((sum, { byteLength }) => sum + byteLength, 0)), ...body);
    } else parts.push(...copied(bytes, field));
  }
  return concat(parts);
}

/** GraphProto: node 1, initializer 5, input 11. Converted weights are computed before all else. */
function rewriteGraph(bytes: Uint8Array, graphField: WireField, graph: Graph, edit: Edit, files: ReadonlyMap<string, Uint8Array>): Uint8Array[] {
  const replacedNodes = new Map([...edit.nodes].map(([{ field }, nodes]) => [field.start, nodes]));
  const weightByField = new Map([...graph.weights.values()].map((weight) => [(weight.node ?? weight.field).start, weight]));
  const parts: Uint8Array[] = [...edit.weights.values()].flatMap(({ nodes }) => nodes.map((node) => bytesField(1, node)));
  for (const field of wire.fields(bytes, graphField.start, graphField.end)) {
    const weight = field.number === 1 || field.number === 5 ? weightByField.get(field.start) : undefined;
    const replacement = weight && edit.weights.get(weight.name);
    const nodes = field.number === 1 ? replacedNodes.get(field.start) : undefined;
    if (replacement) parts.push(...replacement.tensors.map((tensor) => bytesField(5, tensor)));
    else if (nodes) parts.push(...nodes.map((node) => bytesField(1, node)));
    else if (weight?.external && !weight.node) parts.push(...inlined(bytes, weight, field, files));
    // What has a value is no input; left there, it would be one that nobody feeds, and no runtime could count on the value.
    else if (field.number !== 11 || !graph.weights.has(valueName(bytes, field))) parts.push(...copied(bytes, field));
  }
  return parts;
}

function copied(bytes: Uint8Array, field: WireField): Uint8Array[] {
  return [fieldHead(field), bytes.subarray(field.start, field.end)];
}

/** TensorProto without external_data 13 and data_location 14, its values as raw_data 9. */
function inlined(bytes: Uint8Array, { external }: Weight, field: WireField, files: ReadonlyMap<string, Uint8Array>): Uint8Array[] {
  const values = external && externalValues(external, files);
  if (!values) return copied(bytes, field);
  const kept = [...wire.fields(bytes, field.start, field.end)].filter(({ number }) => number !== 13 && number !== 14).flatMap((part) => copied(bytes, part));
  return [bytesField(5, concat([...kept, bytesField(9, values)]))];
}

/** ValueInfoProto: name 1. */
function valueName(bytes: Uint8Array, value: WireField): string {
  for (const field of wire.fields(bytes, value.start, value.end)) if (field.number === 1) return wire.text(bytes, field);
  return '';
}
