import { expect, test } from 'vitest';
import { EQUAL, HARMS, harmIn, SCENARIOS } from '../../../../bench/alerts/rollouts.mjs';

/**
 * A small part of `npm run bench -- monitor --only rollouts`, which runs a thousand seeds per
 * scenario.
 */
const SEEDS = [1, 2, 3];

test.each(Object.keys(SCENARIOS))('equal versions are not called harmful: %s', (scenario) => {
  expect(SEEDS.map((seed) => harmIn(scenario, seed, EQUAL))).toEqual(SEEDS.map(() => null));
});

test.each(['failures +4 points', 'failures +20 points', 'latency × 1.5'])(
  'in a ramp with season it is found within four days: %s',
  (harm) => {
    const found = SEEDS.map((seed) => harmIn('ramp with season', seed, HARMS[harm]!));
    expect(found.filter((hour) => hour !== null).length).toBeGreaterThanOrEqual(2);
  },
);
