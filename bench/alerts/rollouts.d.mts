/** The new version's harm to its devices. */
export interface Harm {
  readonly failed: number;
  readonly slower: number;
  readonly wrong: number;
}

export const EQUAL: Harm;
export const SCENARIOS: Readonly<Record<string, unknown>>;
export const HARMS: Readonly<Record<string, Harm>>;

/** Hours from the start of the rollout until it is called harmful; null for never. */
export function harmIn(scenario: string, seed: number, worse: Harm): number | null;
