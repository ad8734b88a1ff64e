import type { GraphEdge, GraphNode, ModelGraph } from './model-graph.ts';

/** One box of the drawing: a node of the model, or a block of several. */
export interface DrawnNode {
  readonly kind: GraphNode['kind'] | 'block';
  readonly label: string;
  readonly detail: string;
  /** Positions in the model's nodes. */
  readonly members: readonly number[];
}

export interface DrawnGraph {
  readonly nodes: readonly DrawnNode[];
  readonly edges: readonly GraphEdge[];
}

/** Boxes of a drawing. A person overlooks no more. */
const BOXES = 120;
const FEWEST_BOXES = 12;
const MOST_CROSSED = 1_000;
/** Inputs, or outputs, that are drawn one by one. More of them are one box. */
const SINGLE_ENDS = 12;
const KINDS = { input: 'inputs', output: 'outputs', operator: 'operators' } as const;

/**
 * The nodes of a graph, folded into at most about `most` boxes. Operators that follow each other
 * without a branch are folded first, then operators that are neighbours in the order of execution.
 * So no path leads out of a block and back into it.
 */
export function foldGraph(graph: ModelGraph, most: number): DrawnGraph {
  if (graph.nodes.length <= most)
    return draw(
      graph,
      graph.nodes.map((_, i) => [i]),
    );
  const ends = (['input', 'output'] as const).flatMap((kind) => {
    const all = positions(graph, (node) => node.kind === kind);
    return all.length > SINGLE_ENDS ? [all] : all.map((one) => [one]);
  });
  const chains = inOrder(graph, foldChains(graph));
  const room = Math.max(1, most - ends.length);
  const size = Math.ceil(chains.length / room);
  const blocks = Array.from({ length: Math.ceil(chains.length / size) }, (_, i) =>
    chains.slice(i * size, (i + 1) * size).flat(),
  );
  return draw(graph, [...ends, ...blocks]);
}

/**
 * Folds a graph so far that its layout takes at most seconds: that time grows with the layers that
 * lines cross more than with the number of boxes.
 */
export function foldToDraw(graph: ModelGraph): DrawnGraph {
  let most = BOXES;
  let drawn = foldGraph(graph, most);
  while (most > FEWEST_BOXES && crossedLayers(drawn) > MOST_CROSSED) {
    most = Math.floor(most / 2);
    drawn = foldGraph(graph, most);
  }
  return drawn;
}

/** The sum of layers that lines cross, if each box is one layer below its inputs. */
function crossedLayers({ nodes, edges }: DrawnGraph): number {
  const groups = nodes.map((_, i) => [i]);
  const layers = nodes.map(() => 0);
  const readers = neighbours({ nodes, edges }, ([from, to]) => [from, to]);
  for (const [at = 0] of inOrder({ nodes: [], edges }, groups))
    for (const reader of readers[at] ?? [])
      layers[reader] = Math.max(layers[reader] ?? 0, (layers[at] ?? 0) + 1);
  return edges.reduce((sum, [from, to]) => sum + (layers[to] ?? 0) - (layers[from] ?? 0) - 1, 0);
}

/** The nodes of a block alone, with what flows between them. */
export function partOf(graph: ModelGraph, members: readonly number[]): ModelGraph {
  const place = new Map(members.map((member, i) => [member, i]));
  return {
    nodes: members.flatMap((member) => graph.nodes[member] ?? []),
    edges: graph.edges.flatMap(([from, to]): GraphEdge[] => {
      const [a, b] = [place.get(from), place.get(to)];
      return a === undefined || b === undefined ? [] : [[a, b]];
    }),
  };
}

/** The count of each operator, the most frequent first. */
export function countOperators(
  nodes: readonly GraphNode[],
): readonly (readonly [string, number])[] {
  const counts = new Map<string, number>();
  for (const { kind, label } of nodes)
    if (kind === 'operator') counts.set(label, (counts.get(label) ?? 0) + 1);
  return [...counts].toSorted(([, a], [, b]) => b - a);
}

function positions({ nodes }: ModelGraph, take: (node: GraphNode) => boolean): readonly number[] {
  return nodes.flatMap((node, i) => (take(node) ? [i] : []));
}

/** Operators in chains: each but the last has one reader, each but the first one writer. */
function foldChains(graph: ModelGraph): readonly (readonly number[])[] {
  const readers = neighbours(graph, ([from, to]) => [from, to]);
  const writers = neighbours(graph, ([from, to]) => [to, from]);
  const isOperator = (i: number): boolean => graph.nodes[i]?.kind === 'operator';
  const nextOf = (i: number): number | undefined => {
    const [next, another] = readers[i] ?? [];
    const isAlone = next !== undefined && another === undefined && writers[next]?.length === 1;
    return isAlone && isOperator(next) ? next : undefined;
  };
  const operators = positions(graph, ({ kind }) => kind === 'operator');
  const continued = new Set(operators.map(nextOf));
  const taken = new Set<number>();
  // A cycle, which no valid model has, has no first operator.
  const first = [...operators.filter((i) => !continued.has(i)), ...operators];
  return first.flatMap((start) => {
    const chain: number[] = [];
    for (let at: number | undefined = start; at !== undefined && !taken.has(at); at = nextOf(at)) {
      taken.add(at);
      chain.push(at);
    }
    return chain.length > 0 ? [chain] : [];
  });
}

/** Groups in an order in which each comes after all that it reads from (Kahn's algorithm). */
function inOrder(
  graph: ModelGraph,
  groups: readonly (readonly number[])[],
): readonly (readonly number[])[] {
  const edges = edgesBetween(graph, groups);
  const readers = neighbours({ nodes: groups, edges }, ([from, to]) => [from, to]);
  const waiting = neighbours({ nodes: groups, edges }, ([from, to]) => [to, from]).map(
    ({ length }) => length,
  );
  const order = waiting.flatMap((count, i) => (count === 0 ? [i] : []));
  for (const at of order) {
    for (const reader of readers[at] ?? []) {
      waiting[reader] = (waiting[reader] ?? 0) - 1;
      if (waiting[reader] === 0) order.push(reader);
    }
  }
  const reached = new Set(order);
  const unreached = groups.flatMap((_, i) => (reached.has(i) ? [] : [i]));
  return [...order, ...unreached].map((i) => groups[i] ?? []);
}

function neighbours(
  { nodes, edges }: { readonly nodes: readonly unknown[]; readonly edges: readonly GraphEdge[] },
  ends: (edge: GraphEdge) => GraphEdge,
): number[][] {
  const lists: number[][] = nodes.map(() => []);
  for (const edge of edges) {
    const [of, other] = ends(edge);
    lists[of]?.push(other);
  }
  return lists;
}

function edgesBetween(
  graph: ModelGraph,
  groups: readonly (readonly number[])[],
): readonly GraphEdge[] {
  const groupOf = new Map(groups.flatMap((members, i) => members.map((member) => [member, i])));
  const between = new Map<string, GraphEdge>();
  for (const [from, to] of graph.edges) {
    const [a, b] = [groupOf.get(from), groupOf.get(to)];
    if (a !== undefined && b !== undefined && a !== b) between.set(`${a} ${b}`, [a, b]);
  }
  return [...between.values()];
}

function draw(graph: ModelGraph, groups: readonly (readonly number[])[]): DrawnGraph {
  return {
    nodes: groups.map((members) => describe(graph, members)),
    edges: edgesBetween(graph, groups),
  };
}

function describe({ nodes }: ModelGraph, members: readonly number[]): DrawnNode {
  const inside = members.flatMap((member) => nodes[member] ?? []);
  const [first] = inside;
  const kind = first?.kind ?? 'operator';
  if (first && members.length === 1)
    return { kind, label: first.label, detail: kind === 'operator' ? first.name : kind, members };
  const detail = countOperators(inside)
    .slice(0, 3)
    .map(([label, count]) => (count > 1 ? `${label} ×${count}` : label))
    .join(', ');
  return {
    kind: kind === 'operator' ? 'block' : kind,
    label: `${members.length.toLocaleString('en')} ${KINDS[kind]}`,
    detail,
    members,
  };
}
