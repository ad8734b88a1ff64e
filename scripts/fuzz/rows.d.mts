import type { FuzzTensors } from './compare.mjs';
import type { MadeGraph } from './graphs.mjs';

export function checkGraph(seed: number): Promise<{
  readonly verdict: 'different' | 'independent' | 'coupled' | 'unknown' | 'unchecked';
  readonly how?: string;
  readonly made: MadeGraph;
}>;
/** How calls that run together get other rows than alone; null if they get the same. */
export function mixed(bytes: Uint8Array, calls: readonly FuzzTensors[]): Promise<string | null>;
