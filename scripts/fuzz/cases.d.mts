import type { NodeCase, Verdict } from './compare.mjs';

export interface Case extends NodeCase {
  readonly seed: number;
  readonly kind: string;
}
export interface Counts extends Readonly<Record<Verdict, number>> {
  readonly cases: number;
}

export const KINDS: readonly string[];
export const ALL_KINDS: readonly string[];
export function makeCase(seed: number, kinds?: readonly string[]): Case;
export function describeCase(one: Case): string;
export function fuzz(options: {
  readonly seed: number;
  readonly cases: number;
  readonly kinds?: readonly string[];
  readonly until?: number;
  readonly onDifference?: (one: Case, how: string) => void;
}): Promise<{ readonly counts: Counts; readonly reasons: ReadonlyMap<string, string> }>;
