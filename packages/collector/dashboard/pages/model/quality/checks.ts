import type { QualityCheck } from '../../../../src/api-quality.ts';
import { shortfallText } from '../../../parts/shortfall.ts';

export const RULE_NAMES: Readonly<Record<QualityCheck['rule'], string>> = {
  'missing-values': 'Missing or invalid',
  'out-of-range': 'Out of range',
  'new-category': 'New category',
};

/** Words after a share, by its verdict. */
export const VERDICT_WORDS: Readonly<Record<QualityCheck['verdict'], string>> = {
  problem: ', a problem',
  unsure: ', above its threshold, not significant',
  fine: '',
  'too-little-data': '',
};

/** The rules of these checks, in the order of columns. */
export function rulesOf(checks: readonly QualityCheck[]): readonly QualityCheck['rule'][] {
  return (Object.keys(RULE_NAMES) as QualityCheck['rule'][]).filter((name) =>
    checks.some(({ rule }) => rule === name),
  );
}

/** A share's way to the threshold of its rule: a problem may begin at 1. */
export function severityOf({ value, usual, threshold }: QualityCheck): number {
  return value === null ? 0 : (value.value - usual) / (threshold - usual);
}

/** The largest share of all checks: the full width of a bar. */
export function largestRate(checks: readonly QualityCheck[]): number {
  return Math.max(0.01, ...checks.map(({ value, usual }) => Math.max(value?.value ?? 0, usual)));
}

/** Problems first, then the highest share of its threshold. */
function isWorse(a: QualityCheck, b: QualityCheck): number {
  return (
    Number(b.verdict === 'problem') - Number(a.verdict === 'problem') ||
    severityOf(b) - severityOf(a)
  );
}

/** The features of these checks with their checks, worst first. */
export function byFeature(checks: readonly QualityCheck[]): readonly {
  readonly feature: string;
  readonly checks: readonly QualityCheck[];
  /** Whether a share exceeds its threshold, beyond chance or not. */
  readonly isNotable: boolean;
}[] {
  const sorted = checks.toSorted(isWorse);
  return [...new Set(sorted.map(({ feature }) => feature))].map((feature) => {
    const own = checks.filter((one) => one.feature === feature);
    const isNotable = own.some(({ verdict }) => verdict === 'problem' || verdict === 'unsure');
    return { feature, checks: own, isNotable };
  });
}

/** One verdict on all checks. The tone is `good` only where all were judged and are fine. */
export function summaryOf(checks: readonly QualityCheck[]): {
  readonly words: string;
  readonly tone: string;
} {
  const features = (verdict: QualityCheck['verdict']): number =>
    new Set(checks.filter((one) => one.verdict === verdict).map(({ feature }) => feature)).size;
  const all = new Set(checks.map(({ feature }) => feature)).size;
  const [problems, unsure, unjudged] = [
    features('problem'),
    features('unsure'),
    features('too-little-data'),
  ];
  const parts = [
    ...(problems > 0 ? [`${problems} of ${all} features with a problem`] : []),
    ...(unsure > 0 ? [`${unsure} above threshold, not significant`] : []),
    ...(unjudged > 0 ? [`${unjudged} without enough data yet`] : []),
  ];
  const closest = checks
    .flatMap(({ shortfall }) => shortfall ?? [])
    .toSorted((a, b) => b.counted - a.counted)[0];
  if (closest && unjudged === all) return { words: shortfallText(closest), tone: '' };
  const tone = problems + unsure > 0 ? 'warn' : unjudged > 0 ? '' : 'good';
  return { words: parts.length === 0 ? 'no problems' : parts.join(', '), tone };
}
