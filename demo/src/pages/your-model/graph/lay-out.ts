import { Graph, layout } from '@dagrejs/dagre';
import type { DrawnGraph, DrawnNode } from './fold-graph.ts';
import { MAX_TEXT } from './placed-graph.ts';
import type { PlacedGraph } from './placed-graph.ts';

const CHARACTER = 7.6;
const HEIGHT = 44;

/** Places the boxes of a graph in layers, from the inputs above to the outputs below. */
export function layOut({ nodes, edges }: DrawnGraph): PlacedGraph {
  const graph = new Graph();
  graph.setGraph({ rankdir: 'TB', nodesep: 18, ranksep: 30, marginx: 12, marginy: 12 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const [id, node] of nodes.entries())
    graph.setNode(String(id), { width: widthOf(node), height: HEIGHT });
  for (const [from, to] of edges) graph.setEdge(String(from), String(to));
  layout(graph);
  const { width = 0, height = 0 } = graph.graph();
  return {
    width,
    height,
    nodes: nodes.map((node, id) => {
      const { x = 0, y = 0 } = graph.node(String(id)) as { x?: number; y?: number };
      return { ...node, x, y, width: widthOf(node), height: HEIGHT };
    }),
    lines: graph.edges().map((edge) => {
      const { points = [] } = graph.edge(edge) as { points?: readonly { x: number; y: number }[] };
      return points.map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ');
    }),
  };
}

function widthOf({ label, detail }: DrawnNode): number {
  const longest = Math.min(MAX_TEXT, Math.max(label.length, detail.length * 0.85));
  return Math.max(76, 24 + longest * CHARACTER);
}
