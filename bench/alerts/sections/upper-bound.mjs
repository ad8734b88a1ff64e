import { wilson } from '../../../packages/collector/dist/analysis/estimate.js';

/**
 * One-sided 95 % bound of a rate (Wilson); 1 without trials.
 * @param {number} hits
 * @param {number} n number of trials
 */
export function upperBound(hits, n) {
  return wilson(hits / n, n, 1.645).high;
}
