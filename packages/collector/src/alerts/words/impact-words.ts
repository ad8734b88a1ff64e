import type { Impact } from '../facts.ts';
import { duration } from '../../numbers.ts';
import { percentText } from './numbers.ts';

/** From this share on, failures that were not seen may still be there. */
const WORTH_SAYING = 0.01;

/** Effects that users notice: the shares of right answers and of failures, and the latency. */
export function impactOf(impact: Impact | undefined): string {
  if (!impact) return '';
  return [accuracyWords(impact), failureWords(impact), latencyWords(impact)]
    .filter((sentence) => sentence !== '')
    .join(' ');
}

function accuracyWords({ accuracy, inputsMoved }: Impact): string {
  if (accuracy === null) return 'Nobody knows how often the model is right: no labels come back.';
  const { kind, value, usual } = accuracy;
  const before = usual === null ? '' : `, before its release in ${percentText(usual)}`;
  if (kind === 'measured')
    return `The model is right in ${percentText(value)} of the cases with a label${before}.`;
  if (inputsMoved)
    return (
      'Nobody knows how often the model is right: no labels come back, and an estimate from its ' +
      'scores does not hold while inputs differ from those in training.'
    );
  return `Estimated from its scores, the model is right in ${percentText(value)}${before}.`;
}

function failureWords({ failedSessions }: Impact): string {
  if (failedSessions === null) return '';
  const { value, high } = failedSessions;
  if (value > 0) return `${percentText(value)} of the sessions fail.`;
  return high !== null && high >= WORTH_SAYING
    ? `No session failed, but up to ${percentText(high)} may.`
    : 'No session fails.';
}

function latencyWords({ p50Ms }: Impact): string {
  return p50Ms === null ? '' : `Half of the predictions take less than ${duration(p50Ms)}.`;
}
