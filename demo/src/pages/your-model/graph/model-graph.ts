/** A node as it is drawn: an operator, an input or an output of the model. */
export interface GraphNode {
  readonly kind: 'input' | 'output' | 'operator';
  /** The operator; for inputs and outputs, their name. */
  readonly label: string;
  /** The name that the file gives to the operator. */
  readonly name: string;
}

/** Positions in `nodes` of the node that writes a tensor, and of the node that reads it. */
export type GraphEdge = readonly [from: number, to: number];

/** The operators of a model file, in the order of the file, and what flows between them. */
export interface ModelGraph {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

/** A node with the tensors that it reads and writes. */
export interface NamedNode extends GraphNode {
  readonly reads: readonly string[];
  readonly writes: readonly string[];
}

/** Connects nodes by the names of their tensors. Names that no node writes are weights. */
export function connect(nodes: readonly NamedNode[]): ModelGraph {
  const writers = new Map<string, number>();
  for (const [index, { writes }] of nodes.entries())
    for (const name of writes) if (!writers.has(name)) writers.set(name, index);
  const edges: GraphEdge[] = [];
  for (const [to, { reads }] of nodes.entries()) {
    for (const from of new Set(reads.map((name) => writers.get(name))))
      if (from !== undefined && from !== to) edges.push([from, to]);
  }
  return { nodes: nodes.map(({ kind, label, name }) => ({ kind, label, name })), edges };
}
