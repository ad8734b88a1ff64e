import type { Finding, RuleName, Undecided } from '../alerts/finding.ts';

/** An alert that is open ends only when its effect is below this part of what opens one. */
const STAYS = 0.8;

/** What one window says of one version. */
export interface Judged {
  readonly findings: readonly Finding[];
  readonly undecided: readonly Undecided[];
}

/** Notes what a rule can neither find nor clear. */
export interface Doubts {
  readonly undecided: readonly Undecided[];
  tooLittle(rule: RuleName, subject: string): void;
  /** Not beyond the threshold, or not surely so, and not clearly below it either. */
  near(rule: RuleName, subject: string): void;
}

export function createDoubts({ model, version, segment }: Pick<Finding, 'model' | 'version' | 'segment'>): Doubts {
  const undecided: Undecided[] = [];
  const add = (rule: RuleName, subject: string, kind: Undecided['kind'], reason: string): void => void undecided.push({ model, version, segment, rule, subject, kind, reason });
  return {
    undecided,
    tooLittle: (rule, subject) => add(rule, subject, 'too-little-data', 'too little was counted in the last window'),
    near: (rule, subject) => add(rule, subject, 'near', 'it is close to the threshold'),
  };
}

/** Whether an effect, on its way from `usual` to the threshold, is too far for an alert to end. */
export function isNear(value: number, usual: number, threshold: number): boolean {
  const line = usual + STAYS * (threshold - usual);
  return threshold >= usual ? value >= line : value <= line;
}
