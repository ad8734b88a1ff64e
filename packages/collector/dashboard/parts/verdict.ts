import type { DriftVerdict, FeatureDrift } from '../../src/api-quality.ts';
import { shortfallText } from './shortfall.ts';

/** The words and colours for a feature's verdict, shared by all pages. */
export const VERDICT_WORD: Readonly<Record<DriftVerdict, string>> = {
  drift: 'drift',
  unsure: 'above threshold, not significant',
  stable: 'stable',
  'too-little-data': 'not enough data yet',
};
export const VERDICT_TONE: Readonly<Record<DriftVerdict, string>> = {
  drift: 'bad',
  unsure: 'warn',
  stable: 'good',
  'too-little-data': '',
};

export type Judged = Pick<FeatureDrift, 'verdict' | 'shortfall'>;

/** The verdict of a feature in words; without one, what it still needs. */
export function verdictText({ verdict, shortfall }: Judged): string {
  return shortfall === null ? VERDICT_WORD[verdict] : shortfallText(shortfall);
}

/** The counts that the feature closest to a verdict still needs. */
function closestOf(features: readonly Judged[]): string {
  const [closest] = features
    .flatMap(({ shortfall }) => shortfall ?? [])
    .toSorted((a, b) => b.counted - a.counted);
  return closest ? shortfallText(closest) : VERDICT_WORD['too-little-data'];
}

/**
 * Summarises the verdicts of inputs and predictions. The tone is `good` only if all have a verdict
 * and are stable.
 */
export function summaryOf(features: readonly Judged[]): {
  readonly words: string;
  readonly tone: string;
} {
  const of = (verdict: DriftVerdict): number =>
    features.filter((one) => one.verdict === verdict).length;
  const [drifted, unsure, unjudged] = [of('drift'), of('unsure'), of('too-little-data')];
  const all = features.length;
  if (all > 0 && unjudged === all) return { words: closestOf(features), tone: '' };
  const parts = [
    ...(drifted > 0 ? [`${drifted} of ${all} drift`] : []),
    ...(unsure > 0 ? [`${unsure} above threshold, not significant`] : []),
    ...(unjudged > 0 ? [`${unjudged} without enough data yet`] : []),
  ];
  const tone = drifted > 0 ? 'bad' : unsure > 0 ? 'warn' : unjudged > 0 ? '' : 'good';
  return {
    words: drifted + unsure > 0 ? parts.join(', ') : ['no drift', ...parts].join(', '),
    tone,
  };
}
