import type { Finding } from '../finding.ts';
import { countText } from '../../numbers.ts';
import { capital, partOf } from './numbers.ts';

/** Rules about the counts themselves. */

export function mismatchWords({ effect: { value } }: Finding): string {
  const { words, isPlural } = partOf(value, 'uploads');
  return (
    `${capital(words)} ${isPlural ? 'are' : 'is'} refused: those devices run another ` +
    'build of this version than the published one.'
  );
}

export function silenceWords({ effect: { value }, effectiveN }: Finding): string {
  return (
    `No device has sent anything for ${countText(value)} hours. In the same hours of the day ` +
    `before there were ${countText(effectiveN)} sessions.`
  );
}

export function cannotJudgeWords({ model, version, facts, summary }: Finding): string {
  const reasons = facts?.reasons;
  if (!reasons || reasons.length === 0) return capital(summary);
  const what =
    model === '' ? 'any model' : version === '' ? `any version of ${model}` : `${model} ${version}`;
  return `The collector cannot watch ${what}: ${reasons.join('; ')}.`;
}
