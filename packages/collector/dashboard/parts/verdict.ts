import type { DriftVerdict, FeatureDrift } from '../../src/api-quality.ts';

/** The words and colours for a feature's verdict, shared by all pages. */
export const VERDICT_WORD: Readonly<Record<DriftVerdict, string>> = {
  drift: 'drift',
  unsure: 'above threshold, not significant',
  stable: 'stable',
  'too-little-data': 'too little data',
};
export const VERDICT_TONE: Readonly<Record<DriftVerdict, string>> = {
  drift: 'bad',
  unsure: 'warn',
  stable: 'good',
  'too-little-data': '',
};

/**
 * Summarises the verdicts of inputs and predictions. The tone is `good` only if all have a verdict
 * and are stable.
 */
export function summaryOf(features: readonly Pick<FeatureDrift, 'verdict'>[]): {
  readonly words: string;
  readonly tone: string;
} {
  const of = (verdict: DriftVerdict): number =>
    features.filter((one) => one.verdict === verdict).length;
  const [drifted, unsure, unjudged] = [of('drift'), of('unsure'), of('too-little-data')];
  const all = features.length;
  if (all > 0 && unjudged === all) return { words: 'too little data', tone: '' };
  const parts = [
    ...(drifted > 0 ? [`${drifted} of ${all} drift`] : []),
    ...(unsure > 0 ? [`${unsure} above threshold, not significant`] : []),
    ...(unjudged > 0 ? [`${unjudged} with too little data`] : []),
  ];
  const tone = drifted > 0 ? 'bad' : unsure > 0 ? 'warn' : unjudged > 0 ? '' : 'good';
  return {
    words: drifted + unsure > 0 ? parts.join(', ') : ['no drift', ...parts].join(', '),
    tone,
  };
}
