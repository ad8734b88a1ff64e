import { compareHours } from '../../packages/collector/dist/analysis/compare.js';
import { comparedOf } from '../../packages/collector/dist/store/compared.js';

/** @typedef {Parameters<typeof comparedOf>[0]} Compared */

/**
 * The hour up to which the evidence was enough to call the challenger harmful; null if it never
 * was.
 * @param {Record<'champion' | 'challenger', readonly Compared[]>} arms
 * @param {number} sinceHour
 */
export function harmOf({ champion, challenger }, sinceHour) {
  /** @param {readonly Compared[]} profiles */
  const since = (profiles) => profiles.filter(({ key }) => key.hour >= sinceHour).map(comparedOf);
  return (
    compareHours({ champion: since(champion), challenger: since(challenger) }).harm?.hour ?? null
  );
}
