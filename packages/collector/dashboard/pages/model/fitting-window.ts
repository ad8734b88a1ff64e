import type { ModelSummary } from '../../../src/api.ts';
import { windowStart, WINDOWS } from '../../address.ts';
import type { WindowId } from '../../address.ts';

/**
 * The shortest period with all counts of the model, and at most the standard one: a day of an hour
 * with data is a chart with a spike.
 */
export function fittingWindow({ versions }: ModelSummary, standard: WindowId): WindowId {
  const first = versions.map(({ firstSeen }) => firstSeen).toSorted()[0] ?? '';
  const most = WINDOWS.findIndex(({ id }) => id === standard);
  const fitting = WINDOWS.slice(0, most).find(({ id }) => windowStart(id) <= first);
  return fitting?.id ?? standard;
}
