import type { Finding } from '../finding.ts';
import { capital, partOf, percentText } from './numbers.ts';

export function missingWords({ subject, effect: { value }, facts }: Finding): string {
  const { words, isPlural } = partOf(value, 'inputs');
  const usual = facts?.usual;
  const training =
    usual === undefined ? '' : `; in training ${usual === 0 ? 'none' : percentText(usual)} did`;
  return `${capital(words)} ${isPlural ? 'come' : 'comes'} without a usable ${subject}${training}.`;
}

export function newCategoryWords({ subject, effect: { value } }: Finding): string {
  const { words, isPlural } = partOf(value, `values of ${subject}`);
  const are = isPlural ? 'are words' : 'is a word';
  return `${capital(words)} ${are} that the model never saw in training.`;
}

export function outOfRangeWords({ subject, effect: { value } }: Finding): string {
  const { words, isPlural } = partOf(value, `values of ${subject}`);
  const lie = isPlural ? 'lie' : 'lies';
  return `${capital(words)} ${lie} outside all that the model saw in training.`;
}
