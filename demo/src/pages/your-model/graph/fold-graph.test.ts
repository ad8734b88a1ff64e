import { seededRandom } from '@perigee/profile/analysis';
import { expect, test } from 'vitest';
import { foldGraph, foldToDraw, partOf } from './fold-graph.ts';
import type { DrawnGraph } from './fold-graph.ts';
import { layOut } from './lay-out.ts';
import type { GraphEdge, GraphNode, ModelGraph } from './model-graph.ts';

const operator: GraphNode = { kind: 'operator', label: 'Add', name: '' };
const input: GraphNode = { kind: 'input', label: 'x', name: 'x' };
const output: GraphNode = { kind: 'output', label: 'y', name: 'y' };

/** A graph in which each operator reads one or two before it. */
function madeGraph(size: number): ModelGraph {
  const next = seededRandom(1);
  const edges = Array.from({ length: size }, (_, i): readonly GraphEdge[] => [
    [i, i + 1],
    ...(next() < 0.3 ? ([[Math.floor(next() * i), i + 1]] as const) : []),
  ]).flat();
  return {
    nodes: [input, ...Array.from({ length: size - 1 }, () => operator), output],
    edges,
  };
}

/** Whether a path leads from a box back to it. */
function hasCycle({ nodes, edges }: DrawnGraph): boolean {
  const waiting = new Map(nodes.map((_, i) => [i, 0]));
  for (const [, to] of edges) waiting.set(to, (waiting.get(to) ?? 0) + 1);
  const free = [...waiting].flatMap(([i, count]) => (count === 0 ? [i] : []));
  for (const at of free) {
    for (const [from, to] of edges) {
      if (from !== at) continue;
      waiting.set(to, (waiting.get(to) ?? 0) - 1);
      if (waiting.get(to) === 0) free.push(to);
    }
  }
  return free.length < nodes.length;
}

test('a small graph is drawn as it is', () => {
  const drawn = foldGraph(madeGraph(20), 120);
  expect(drawn.nodes).toHaveLength(21);
  expect(drawn.nodes.every(({ members }) => members.length === 1)).toBe(true);
});

test('five thousand nodes become at most the boxes asked for, each node in one, without a cycle', () => {
  const graph = madeGraph(5_000);
  const drawn = foldGraph(graph, 120);
  expect(drawn.nodes.length).toBeLessThanOrEqual(120);
  expect(drawn.nodes.flatMap(({ members }) => members).toSorted((a, b) => a - b)).toEqual(
    graph.nodes.map((_, i) => i),
  );
  expect(hasCycle(drawn)).toBe(false);
});

test('a graph whose lines cross many layers is folded further, so that it can be laid out', () => {
  const graph = madeGraph(5_000);
  const drawn = foldToDraw(graph);
  expect(drawn.nodes.length).toBeGreaterThan(5);
  expect(drawn.nodes.length).toBeLessThan(foldGraph(graph, 120).nodes.length);
  const { width, height, lines } = layOut(drawn);
  expect([width > 0, height > 0, lines.length]).toEqual([true, true, drawn.edges.length]);
});

test('a block is drawn alone, and folded again when it is still large', () => {
  const graph = madeGraph(5_000);
  const block = foldGraph(graph, 20).nodes.find(({ kind }) => kind === 'block');
  const part = partOf(graph, block?.members ?? []);
  expect(part.nodes).toHaveLength(block?.members.length ?? 0);
  expect(part.edges.length).toBeGreaterThan(0);
  expect(foldGraph(part, 20).nodes.length).toBeLessThanOrEqual(20);
});

test('a chain is one block, and a hundred inputs are one box', () => {
  const nodes = [
    ...Array.from({ length: 100 }, () => input),
    ...Array.from({ length: 50 }, () => operator),
  ];
  const edges = Array.from({ length: 49 }, (_, i): GraphEdge => [100 + i, 101 + i]);
  const drawn = foldGraph({ nodes, edges }, 30);
  expect(drawn.nodes.map(({ label }) => label)).toEqual(['100 inputs', '50 operators']);
});

test('a cycle, which no valid model has, ends too', () => {
  const nodes = Array.from({ length: 10 }, () => operator);
  const edges = nodes.map((_, i): GraphEdge => [i, (i + 1) % 10]);
  expect(foldGraph({ nodes, edges }, 5).nodes.flatMap(({ members }) => members)).toHaveLength(10);
});
