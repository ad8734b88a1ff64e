import { compareHours } from '../../packages/collector/dist/analysis/compare.js';

/**
 * The hour up to which the evidence was enough to call the challenger harmful; null if it never
 * was.
 */
export function harmOf({ champion, challenger }, sinceHour) {
  const since = (profiles) => profiles.filter(({ key }) => key.hour >= sinceHour);
  const arms = { champion: since(champion), challenger: since(challenger) };
  return compareHours(arms).harm?.hour ?? null;
}
