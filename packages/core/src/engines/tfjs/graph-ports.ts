import type { Dimension, TensorSignature } from '@perigee/registry';
import type { ModelArtifacts } from './model-json.ts';
import { dtypeOf, outputDtype } from './graph-dtypes.ts';
import { damaged, splitTensorName } from './graph-def.ts';
import type { GraphNode, GraphShape, Nodes } from './graph-def.ts';
import { isTfDtype, unsupportedDtype } from './tensors.ts';

/** An input or output of a model, with all its names. */
export interface Port {
  /** The name in the file's signature; without a signature, the node's name. */
  readonly name: string;
  /** The tensor in the graph: "y", or "y:1" for the second output of the node. */
  readonly tensor: string;
  readonly signature: TensorSignature;
}

interface SignatureEntry {
  readonly name: string;
  readonly dtype?: string | number;
  readonly tensorShape?: GraphShape | null;
  /** Set for a hash table, which TensorFlow.js feeds itself. */
  readonly resourceId?: unknown;
}

/**
 * The entries of the TensorFlow signature, which names tensors. As in TensorFlow.js, the signature
 * in the metadata takes precedence.
 */
function entriesOf(
  { signature, userDefinedMetadata }: ModelArtifacts,
  side: 'inputs' | 'outputs',
): readonly (readonly [string, SignatureEntry])[] {
  const own =
    (userDefinedMetadata as { readonly signature?: object | null } | undefined)?.signature ??
    signature;
  const entries = (own as Record<string, unknown> | undefined)?.[side];
  if (typeof entries !== 'object' || entries === null) return [];
  return Object.entries(entries).filter(
    (entry): entry is [string, SignatureEntry] =>
      typeof (entry[1] as SignatureEntry | null)?.name === 'string',
  );
}

/** @throws PerigeeError UNSUPPORTED_MODEL for an input of an unsupported element type */
export function inputPorts(artifacts: ModelArtifacts, nodes: Nodes): readonly Port[] {
  const named = entriesOf(artifacts, 'inputs').filter(([, { name }]) =>
    nodes.has(splitTensorName(name).node),
  );
  if (named.length > 0)
    return named
      .filter(([, { resourceId }]) => resourceId === undefined || resourceId === null)
      .map(([name, entry]) => inputPort(name, entry, nodes));
  return [...nodes.values()]
    .filter(({ op }) => op.startsWith('Placeholder'))
    .map(({ name }) => inputPort(name, { name }, nodes));
}

/**
 * @throws PerigeeError WRONG_CONTENT for an output of a node that is not there, UNSUPPORTED_MODEL
 * for its element type
 */
export function outputPorts(
  artifacts: ModelArtifacts,
  nodes: Nodes,
  entry: string,
): readonly Port[] {
  const named = entriesOf(artifacts, 'outputs');
  const lost = named.find(([, { name }]) => !nodes.has(splitTensorName(name).node));
  if (lost)
    throw damaged(
      entry,
      `its signature names the output "${lost[0]}" of the node "${lost[1].name}", which ` +
        'is not there',
    );
  const entries: readonly (readonly [string, SignatureEntry])[] =
    named.length > 0 ? named : leaves(nodes).map((name) => [name, { name }] as const);
  return entries.map(([name, one]) => {
    const dtype = dtypeOf(one.dtype) ?? outputDtype(one.name, nodes);
    const shape =
      one.tensorShape ?? nodes.get(splitTensorName(one.name).node)?.attr?.['shape']?.shape;
    return {
      name,
      tensor: plainName(one.name),
      signature: { name, dtype: tfDtype(name, dtype ?? 'float32'), ...shapeOf(shape ?? undefined) },
    };
  });
}

function inputPort(name: string, entry: SignatureEntry, nodes: Nodes): Port {
  const node = nodes.get(splitTensorName(entry.name).node) as GraphNode;
  // TensorFlow.js checks inputs against the node, so the node's dtype and shape take precedence.
  const dtype = dtypeOf(node.attr?.['dtype']?.type) ?? dtypeOf(entry.dtype) ?? 'float32';
  const shape = node.attr?.['shape']?.shape ?? entry.tensorShape ?? undefined;
  const optional = node.op === 'PlaceholderWithDefault' ? { optional: true as const } : {};
  return {
    name,
    tensor: plainName(entry.name),
    signature: { name, dtype: tfDtype(name, dtype), ...shapeOf(shape), ...optional },
  };
}

/** The outputs of a graph without a signature: those of all nodes that no other node uses. */
function leaves(nodes: Nodes): readonly string[] {
  const used = new Set(
    [...nodes.values()].flatMap(({ input }) =>
      (input ?? []).map((name) => splitTensorName(name).node),
    ),
  );
  return [...nodes.values()]
    .filter(({ name }) => !used.has(name))
    .flatMap((node) =>
      Array.from({ length: outputCount(node) }, (_, i) =>
        i === 0 ? node.name : `${node.name}:${i}`,
      ),
    );
}

const MAX_OUTPUTS = 1024;

function outputCount({ op, attr }: GraphNode): number {
  if (op === 'TopKV2' || op === 'Unique' || op === 'UniqueV2') return 2;
  const attribute =
    op === 'Split' || op === 'SplitV' ? 'num_split' : op === 'Unpack' ? 'num' : undefined;
  const count = attribute === undefined ? 1 : Number(attr?.[attribute]?.i ?? 1);
  return count >= 1 && count <= MAX_OUTPUTS ? Math.trunc(count) : 1;
}

function shapeOf(shape: GraphShape | undefined): Pick<TensorSignature, 'shape' | 'rank'> {
  if (!shape || shape.unknownRank || (shape.dim && !Array.isArray(shape.dim)))
    return { shape: [], rank: 'unknown' };
  return {
    shape: (shape.dim ?? []).map(({ size }): Dimension =>
      Number(size) >= 0 ? Number(size) : null,
    ),
  };
}

function tfDtype(name: string, dtype: string): TensorSignature['dtype'] {
  if (!isTfDtype(dtype)) throw unsupportedDtype(name, dtype);
  return dtype;
}

/** "y:0" is the first output of the node "y". */
export function plainName(name: string): string {
  return name.replace(/:0$/, '');
}
