import type { NodeCase } from './compare.mjs';

export function checkShapes(one: NodeCase): Promise<{
  readonly verdict: 'different' | 'agreed' | 'unknown' | 'unchecked';
  readonly how?: string;
}>;
