import { LATENCY_BUCKETS } from './latency.ts';
import { STAGES } from './profile.ts';
import type {
  GoldenCounts,
  Profile,
  ProfileKey,
  RegressionSums,
  SessionCounts,
} from './profile.ts';

export const NO_SESSIONS = { started: 0, degraded: 0, failed: 0 } as const satisfies SessionCounts;
export const NO_TRIALS = { passed: 0, failed: 0 } as const satisfies GoldenCounts;
export const NO_REGRESSION: RegressionSums = {
  count: 0,
  over: 0,
  under: 0,
  squaredError: 0,
  truth: 0,
  truthSquared: 0,
};

/**
 * A profile of one device without counts and without reference. It serves events before a model
 * ran.
 * @example
 * ```ts
 * const failed = { ...emptyProfile(key), errors: { NETWORK: 1 } };
 * ```
 */
export function emptyProfile(key: ProfileKey): Profile {
  const none = new Float64Array();
  return {
    key,
    devices: 1,
    failedDevices: 0,
    predictions: 0,
    sessions: NO_SESSIONS,
    golden: NO_TRIALS,
    features: [],
    labels: none,
    scores: none,
    values: none,
    latency: STAGES.map(() => new Float64Array(LATENCY_BUCKETS)),
    errors: {},
    fallbacks: 0,
    confusion: new Map(),
    regression: NO_REGRESSION,
  };
}
