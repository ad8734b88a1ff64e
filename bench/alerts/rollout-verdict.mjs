import { compareHours } from '../../packages/collector/dist/analysis/compare.js';

/** @typedef {import('@perigee/profile').Profile} Profile */

/**
 * The fields of a profile that the comparison reads.
 * @typedef {Pick<Profile, 'devices' | 'failedDevices' | 'sessions' | 'golden' | 'labels'
 *   | 'latency' | 'confusion'> & { key: Pick<Profile['key'], 'group' | 'hour'> }} Compared
 */

/**
 * The hour up to which the evidence was enough to call the challenger harmful; null if it never
 * was.
 * @param {Record<'champion' | 'challenger', readonly Compared[]>} arms
 * @param {number} sinceHour
 */
export function harmOf({ champion, challenger }, sinceHour) {
  /**
   * @param {readonly Compared[]} profiles
   * @returns {readonly Compared[]}
   */
  const since = (profiles) => profiles.filter(({ key }) => key.hour >= sinceHour);
  const arms = /** @type {Parameters<typeof compareHours>[0]} */ ({
    champion: since(champion),
    challenger: since(challenger),
  });
  return compareHours(arms).harm?.hour ?? null;
}
