import type { Finding } from '../finding.ts';
import { duration } from '../../numbers.ts';
import { capital, fractionOf, partOf, percentText, timesText } from './numbers.ts';

/** Like "with 1.0.0, which runs beside it" or "in the same hours of the week before". */
export function thanOf({ facts }: Finding): string | undefined {
  const than = facts?.than;
  if (!than) return undefined;
  return 'version' in than ? `with ${than.version}, which runs beside it` : `in ${than.when}`;
}

/** The end of a sentence about a share. */
function compared(finding: Finding): string {
  const than = thanOf(finding);
  const usual = finding.facts?.usual;
  return than === undefined || usual === undefined ? '.' : `; ${than}: ${fractionOf(usual).words}.`;
}

export function errorRateWords(finding: Finding): string {
  const { value } = finding.effect;
  if (finding.subject === 'ceiling') {
    const { words, isPlural } = partOf(value, 'sessions');
    return `${capital(words)} ${isPlural ? 'fail' : 'fails'}: the model does not answer there.`;
  }
  // Failures are compared by device and hour, so that one device cannot count as many.
  const { words } = partOf(value, 'devices');
  return `On ${words} the model fails within an hour${compared(finding)}`;
}

export function goldenWords(finding: Finding): string {
  return (
    `On ${partOf(finding.effect.value, 'devices').words} the model computes wrong numbers for ` +
    `its test samples, so these devices do not run it${compared(finding)}`
  );
}

export function latencyWords(finding: Finding): string {
  const { value } = finding.effect;
  const usual = finding.facts?.usual;
  const than = thanOf(finding);
  if (usual === undefined || than === undefined || usual <= 0)
    return `Predictions are slow: ${duration(value)} each.`;
  return (
    `Predictions take ${timesText(value / usual)} as long as ${than}: ` +
    `${duration(value)} instead of ${duration(usual)}.`
  );
}

export function fallbackWords(finding: Finding): string {
  const { words, isPlural } = partOf(finding.effect.value, 'sessions');
  return (
    `${capital(words)} ${isPlural ? 'fall' : 'falls'} back to a slower backend` + compared(finding)
  );
}

export function sampleRatioWords({ version, effect: { value, threshold } }: Finding): string {
  const direction = value < threshold ? 'fewer' : 'more';
  return (
    `${version} runs in ${direction} sessions than its rollout asks for: in ` +
    `${percentText(value)} instead of ${percentText(threshold)}.`
  );
}
