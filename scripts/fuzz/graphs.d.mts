export interface MadeGraph {
  readonly seed: number;
}

export function describeGraph(made: MadeGraph): string;
