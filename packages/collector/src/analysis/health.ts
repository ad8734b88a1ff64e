import type { Profile } from '@perigee/profile';
import { latencyQuantile, STAGES } from '@perigee/profile';
import type { Alert } from '../alerts/alert.ts';
import type { Estimate, Shortfall, VersionHealth } from '../api.ts';
import { judgeDrift, largestFirst, movedFeatures, ratioOf } from './drift.ts';
import type { DriftOptions, JudgedFeature } from './drift.ts';
import { atLeast, atMost, rateOf, shareInterval } from './estimate.ts';
import type { Fleet } from './fleet.ts';
import { MIN_GROUPS } from './groups.ts';
import { accuracyOf, estimatedPerformance } from './performance.ts';
import type { Reference } from '../published-models.ts';

const TOTAL = STAGES.indexOf('total');
/**
 * Share of failing sessions or golden trials from which the state is `warn` (LOOK) or `bad` (ACT).
 */
const LOOK = 0.05;
const ACT = 0.2;

type Figures = Omit<
  VersionHealth,
  'version' | 'state' | 'shortfall' | 'cannotJudge' | 'adoption' | 'sparkline'
>;

export const NO_FIGURES: Figures = {
  predictions: 0,
  sessions: 0,
  failedSessions: null,
  goldenFailures: null,
  goldenTrials: 0,
  p50Ms: null,
  accuracy: null,
  worstFeature: null,
};

/** The figures of a version in a window, and the rest that its state follows from. */
export interface Judged {
  readonly figures: Figures;
  readonly rawShare: number;
  /** Number of device groups with data. */
  readonly groups: number;
  readonly features: readonly Pick<JudgedFeature, 'effectiveN' | 'verdict'>[];
}

/**
 * The figures that the overview shows for a version and window. They are kept for many versions, so
 * they have no histogram: those of a model with many features take megabytes.
 */
export function figuresOf(
  fleet: Fleet,
  reference: Reference | null,
  options: DriftOptions,
): Judged {
  const { features, outputs } = reference
    ? judgeDrift(fleet, reference.profile, options)
    : { features: [], outputs: [] };
  return {
    figures: figuresWith(fleet, reference, features, outputs),
    rawShare: fleet.rawShare,
    groups: fleet.groups.length,
    features: features.map(({ effectiveN, verdict }) => ({ effectiveN, verdict })),
  };
}

function figuresWith(
  fleet: Fleet,
  reference: Reference | null,
  features: readonly JudgedFeature[],
  outputs: readonly JudgedFeature[],
): Figures {
  const { groups, total, rawShare } = fleet;
  const measured = accuracyOf(groups, rawShare);
  const estimated = reference ? estimatedPerformance(fleet, reference.profile) : null;
  const p50Ms = latencyQuantile(total.latency[TOTAL] ?? [], 0.5);
  // A feature that drifts ranks before one with a higher score that may be due to chance.
  const judged = largestFirst([...features, ...outputs]);
  const worst = judged.find(({ verdict }) => verdict === 'drift') ?? judged[0];
  const isJudged = worst !== undefined && worst.verdict !== 'too-little-data';
  const inputsMoved = movedFeatures(features).length > 0;
  return {
    predictions: total.predictions,
    sessions: total.sessions.started,
    failedSessions: rateOf(groups, ({ sessions }) => sessions.failed, startedIn, rawShare),
    goldenFailures: rateOf(groups, ({ golden }) => golden.failed, triedIn, rawShare),
    goldenTrials: triedIn(total),
    p50Ms: Number.isFinite(p50Ms) ? p50Ms : null,
    accuracy: measured
      ? { kind: 'measured', inputsMoved, ...measured }
      : estimated && { kind: 'estimated', inputsMoved, ...estimated.accuracy },
    worstFeature: isJudged
      ? { name: worst.name, ratio: ratioOf(worst), verdict: worst.verdict }
      : null,
  };
}

const startedIn = ({ sessions }: Profile): number => sessions.started;
const triedIn = ({ golden }: Profile): number => golden.passed + golden.failed;

/**
 * The state of a version, derived from the figures shown with it. A failing version is never
 * `good`. That requires enough sessions, of enough device groups, to rule out a failure rate of
 * 20 %, a verdict on at least one feature, and no score beyond its threshold.
 * @param alerts firing and pending alerts of this version, except inhibited ones
 */
export function stateOf(
  judged: Judged,
  alerts: readonly Alert[],
  options: DriftOptions,
): Pick<VersionHealth, 'state' | 'shortfall'> {
  const certain = certainState(judged, alerts);
  if (certain) return { state: certain, shortfall: null };
  const shortfall = shortfallIn(judged, options);
  const { failedSessions, worstFeature } = judged.figures;
  const tried = triesIn(judged.figures) * judged.rawShare;
  const mayFail = atMost(failedSessions ?? NONE_FAILED, tried) > ACT;
  // A score beyond its threshold that chance may explain is not fine, but a matter of more data.
  const isUnsure = worstFeature?.verdict === 'unsure';
  return { state: shortfall || mayFail || isUnsure ? 'unknown' : 'good', shortfall };
}

/** `bad` or `warn`; undefined where nothing is wrong. */
function certainState(
  { figures, rawShare }: Judged,
  alerts: readonly Alert[],
): 'bad' | 'warn' | undefined {
  const { sessions, failedSessions, goldenTrials, goldenFailures, worstFeature } = figures;
  const counts = [
    { share: failedSessions ?? NONE_FAILED, n: sessions * rawShare },
    { share: goldenFailures ?? NONE_FAILED, n: goldenTrials * rawShare },
  ];
  const isPage = alerts.some(({ state, severity }) => state === 'firing' && severity === 'page');
  if (isPage || counts.some(({ share, n }) => atLeast(share, n) >= ACT)) return 'bad';
  const drifts = worstFeature?.verdict === 'drift';
  // A pending alert already rules out `good`.
  if (alerts.length > 0 || drifts || counts.some(({ share }) => share.value >= LOOK)) return 'warn';
  return undefined;
}

const NONE_FAILED: Estimate = { value: 0, low: null, high: null };

/** If no session began in the window, count the predictions of sessions that began before it. */
function triesIn({ sessions, predictions }: Figures): number {
  return sessions > 0 ? sessions : predictions;
}

function shortfallIn(
  { figures, rawShare, groups, features }: Judged,
  { minObservations }: DriftOptions,
): Shortfall | null {
  const of = figures.sessions > 0 ? 'sessions' : 'predictions';
  const counted = Math.round(triesIn(figures) * rawShare);
  const needed = enoughFor(figures.failedSessions?.value ?? 0);
  if (counted < needed) return { of, counted, needed };
  if (groups < MIN_GROUPS) return { of: 'device groups', counted: groups, needed: MIN_GROUPS };
  const most = Math.max(...features.map(({ effectiveN }) => effectiveN));
  return features.length > 0 && features.every(({ verdict }) => verdict === 'too-little-data')
    ? { of: 'observations', counted: most, needed: minObservations }
    : null;
}

/** The fewest sessions of which such a share of failures rules out a failure rate of 20 %. */
function enoughFor(share: number): number {
  let sessions = 1;
  while (shareInterval(share, sessions).high > ACT) sessions += 1;
  return sessions;
}
