import type { ComparedMetric } from '../api.ts';
import { countText, duration, rate } from '../numbers.ts';
import type { GrowingMetric } from './growing-metric.ts';

/**
 * Reasons to call the challenger harmful; empty if it is not. Requires two independent signals: two
 * families of metrics, or one metric in both halves of the fleet. Uploads are not authenticated, so
 * one signal is not enough.
 */
export function harmIn(metrics: readonly GrowingMetric[]): string[] {
  const alarmed = metrics.filter((metric) => metric.alarm());
  const inBoth = alarmed.filter((metric) => metric.inBothHalves());
  const families = new Set(alarmed.map(({ family }) => family));
  if (inBoth.length === 0 && families.size < 2) return [];
  return alarmed.flatMap((metric) => {
    const answer = metric.answer();
    const where = inBoth.includes(metric) ? ', in both halves of the fleet' : '';
    return answer ? [`${words(answer)}${where}`] : [];
  });
}

function words({ name, unit, champion, challenger, eValue }: ComparedMetric): string {
  const shown = (value: number): string => (unit === 'ms' ? duration(value) : rate(value));
  const evidence = eValue >= 1e6 ? '> 1,000,000' : countText(eValue);
  const unitOf = name === 'failed-sessions' ? 'of device-hours ' : '';
  return (
    `${name.replace('-', ' ')}: ${shown(challenger.value)} against ${shown(champion.value)} ` +
    `${unitOf}(evidence ${evidence} : 1)`
  );
}
