import type { GraphNode } from './model-graph.ts';
import type { PlacedGraph } from './placed-graph.ts';

/** A request of the page to the worker. */
export type GraphRequest =
  | { readonly type: 'read'; readonly file: File | string }
  /** Draws a block alone. The numbers are positions in the nodes of the drawing before. */
  | { readonly type: 'open'; readonly members: readonly number[] }
  /** Draws the whole model again. */
  | { readonly type: 'whole' };

export interface Drawing {
  readonly placed: PlacedGraph;
  /** The nodes that are drawn, also inside blocks, at most `LISTED`. */
  readonly listed: readonly GraphNode[];
  readonly operators: readonly (readonly [string, number])[];
  /** The nodes that are drawn, also inside blocks. */
  readonly total: number;
  readonly isFolded: boolean;
  /** Whether a block is drawn instead of the whole model. */
  readonly isPart: boolean;
}

export type GraphAnswer =
  | { readonly drawing: Drawing }
  | { readonly fault: string; readonly drawing?: never };

/** Nodes that the page lists by name. */
export const LISTED = 200;
