import { wire, wireWrite } from '@perigee/registry';
import type { WireField } from '@perigee/registry';
import type { Graph, GraphNode, Weight } from './read-graph.ts';
import { externalValues } from './read-tensor.ts';

const { bytesField, bytesHead, concat, fieldHead, varintField } = wireWrite;

/**
 * Initializers that replace a weight, and nodes that compute a value of the same name from them.
 * They are fields of a graph, as `@perigee/registry/onnx` writes them.
 */
export interface Replacement {
  readonly initializers: readonly Uint8Array[];
  readonly nodes: readonly Uint8Array[];
}

export interface Edit {
  readonly weights: ReadonlyMap<string, Replacement>;
  /** Nodes that replace other nodes, as fields of a graph. */
  readonly nodes: ReadonlyMap<GraphNode, readonly Uint8Array[]>;
}

/** From this version of the format on, initializers need not be inputs too. */
const FREE_INITIALIZERS_IR = 4;

/**
 * Replaces some weights and nodes of a model. All other fields are copied unchanged. Weights in
 * files beside the model move into it.
 */
export function rewriteModel(
  bytes: Uint8Array,
  graph: Graph,
  edit: Edit,
  files: ReadonlyMap<string, Uint8Array>,
): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  for (const field of wire.fields(bytes, 0, bytes.byteLength)) {
    if (field.number === 1) parts.push(varintField(1, Math.max(FREE_INITIALIZERS_IR, field.value)));
    else if (field.number === 7) {
      const body = rewriteGraph(bytes, field, graph, edit, files);
      parts.push(
        bytesHead(
          7,
          body.reduce((sum, { byteLength }) => sum + byteLength, 0),
        ),
        ...body,
      );
    } else parts.push(...copied(bytes, field));
  }
  return concat(parts);
}

/** GraphProto: node 1, initializer 5, input 11. The nodes of converted weights come first. */
function rewriteGraph(
  bytes: Uint8Array,
  graphField: WireField,
  graph: Graph,
  edit: Edit,
  files: ReadonlyMap<string, Uint8Array>,
): Uint8Array[] {
  const replacedNodes = new Map([...edit.nodes].map(([{ field }, nodes]) => [field.start, nodes]));
  const weightByField = new Map(
    [...graph.weights.values()].map((weight) => [(weight.node ?? weight.field).start, weight]),
  );
  const parts: Uint8Array[] = [...edit.weights.values()].flatMap(({ nodes }) => nodes);
  for (const field of wire.fields(bytes, graphField.start, graphField.end)) {
    const weight =
      field.number === 1 || field.number === 5 ? weightByField.get(field.start) : undefined;
    const replacement = weight && edit.weights.get(weight.name);
    const nodes = field.number === 1 ? replacedNodes.get(field.start) : undefined;
    if (replacement) parts.push(...replacement.initializers);
    else if (nodes) parts.push(...nodes);
    else if (weight?.external && !weight.node) parts.push(...inlined(bytes, weight, field, files));
    // Drop inputs that have a value. A converted weight would become an input that nobody feeds,
    // and runtimes could not treat the other weights as constants.
    else if (field.number !== 11 || !graph.weights.has(valueName(bytes, field)))
      parts.push(...copied(bytes, field));
  }
  return parts;
}

function copied(bytes: Uint8Array, field: WireField): Uint8Array[] {
  return [fieldHead(field), bytes.subarray(field.start, field.end)];
}

/** Replaces external_data 13 and data_location 14 of a TensorProto by raw_data 9. */
function inlined(
  bytes: Uint8Array,
  { external }: Weight,
  field: WireField,
  files: ReadonlyMap<string, Uint8Array>,
): Uint8Array[] {
  const values = external && externalValues(external, files);
  if (!values) return copied(bytes, field);
  const kept = [...wire.fields(bytes, field.start, field.end)]
    .filter(({ number }) => number !== 13 && number !== 14)
    .flatMap((part) => copied(bytes, part));
  return [bytesField(5, concat([...kept, bytesField(9, values)]))];
}

/** ValueInfoProto: name 1. */
function valueName(bytes: Uint8Array, value: WireField): string {
  for (const field of wire.fields(bytes, value.start, value.end))
    if (field.number === 1) return wire.text(bytes, field);
  return '';
}
