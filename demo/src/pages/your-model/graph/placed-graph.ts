import type { DrawnNode } from './fold-graph.ts';

/** A box and its place; x and y are its middle. */
export interface PlacedNode extends DrawnNode {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface PlacedGraph {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly PlacedNode[];
  /** The points of each line, `x,y`. */
  readonly lines: readonly string[];
}

/** Texts longer than this are cut where they are drawn. */
export const MAX_TEXT = 26;
