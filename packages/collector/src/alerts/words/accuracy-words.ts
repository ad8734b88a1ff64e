import type { Finding } from '../finding.ts';
import { percentText, timesText } from './numbers.ts';
import { thanOf } from './release-words.ts';

export function accuracyWords(finding: Finding): string {
  const { subject, effect, facts } = finding;
  if (subject === 'guessing')
    return (
      `The model is right less often than a guess: in ${percentText(effect.value)} of the cases ` +
      `of each label, where a guess is right in ${percentText(effect.threshold)}.`
    );
  const than = thanOf(finding);
  const usual = facts?.usual;
  if (usual === undefined)
    return `The model is right in only ${percentText(effect.value)} of the cases with a label.`;
  return (
    `The model is right less often: in ${percentText(effect.value)} of the cases with a label, ` +
    `${than ?? 'before its release'} in ${percentText(usual)}.`
  );
}

export function estimatedAccuracyWords({ effect: { value }, facts }: Finding): string {
  const before =
    facts?.usual === undefined ? '' : `; before its release ${percentText(facts.usual)}`;
  return (
    'The model is probably right less often. Its own scores suggest ' +
    `${percentText(value)}${before}; no labels confirm it.`
  );
}

export function regressionErrorWords(finding: Finding): string {
  const { subject, effect } = finding;
  if (subject === 'mean') return 'Predictions are worse than always giving the average.';
  return (
    `Predictions are off by ${timesText(effect.value)} as much as ` +
    `${thanOf(finding) ?? 'before'}.`
  );
}
