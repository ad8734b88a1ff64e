// The reference of a simulated fleet.
import { seededRandom } from '@perigee/profile/analysis';
import { drawNormal } from '../draws.mjs';
import {
  BINS,
  binOf,
  EDGES,
  FEATURES,
  LIMIT,
  NUMERIC,
  scoreOf,
  season,
  SEASONAL,
  someHour,
  wordOf,
  WORDS,
} from './fleet-values.mjs';

/** @typedef {import('@perigee/profile').ReferenceProfile} ReferenceProfile */

const REFERENCE_ROWS = 20_000;

/** @returns {ReferenceProfile} */
export function referenceProfile() {
  const random = seededRandom(3);
  /**
   * @param {string} name
   * @returns {ReferenceProfile['features'][number]}
   */
  const numeric = (name) => {
    const counts = zeros(BINS);
    for (let i = 0; i < REFERENCE_ROWS; i += 1)
      counts[
        binOf((Number(name) < SEASONAL ? season(someHour(random)) : 0) + drawNormal(random))
      ] += 1;
    return {
      kind: 'numeric',
      name,
      edges: [...EDGES],
      counts,
      missing: Math.round(REFERENCE_ROWS * 0.01),
      min: -LIMIT,
      max: LIMIT,
      quantiles: [-3, -0.67, 0, 0.67, 3],
    };
  };
  /**
   * @param {string} name
   * @returns {ReferenceProfile['features'][number]}
   */
  const categorical = (name) => {
    const counts = zeros(WORDS.length + 1);
    for (let i = 0; i < REFERENCE_ROWS; i += 1) counts[wordOf(random())] += 1;
    return {
      kind: 'categorical',
      name,
      vocabulary: WORDS.map((_, i) => `word ${i}`),
      counts,
      missing: 0,
    };
  };
  const scoreCounts = zeros(100);
  const labelCounts = [0, 0];
  let right = 0;
  for (let i = 0; i < REFERENCE_ROWS; i += 1) {
    const score = scoreOf(random, 0);
    scoreCounts[Math.floor(score * 100)] += 1;
    labelCounts[random() < 0.3 ? 1 : 0] += 1;
    right += score;
  }
  return {
    schema: 'perigee-reference/1',
    rows: REFERENCE_ROWS,
    features: Array.from({ length: FEATURES }, (_, i) =>
      i < NUMERIC ? numeric(String(i)) : categorical(String(i)),
    ),
    output: {
      labels: ['yes', 'no'],
      labelCounts,
      scoreCounts,
      calibration: {
        probabilities: Array.from({ length: 100 }, (_, i) => (i + 0.5) / 100),
        rows: REFERENCE_ROWS,
        accuracy: right / REFERENCE_ROWS,
      },
    },
  };
}

/** @param {number} length */
function zeros(length) {
  return Array.from({ length }, () => 0);
}
