import type { Profile } from '@perigee/profile';
import { latencyQuantile, STAGES } from '@perigee/profile';
import type { Alert } from '../alerts/alert.ts';
import type { VersionHealth } from '../api.ts';
import { judgeDrift, largestFirst, ratioOf } from './drift.ts';
import type { DriftOptions } from './drift.ts';
import { atLeast, atMost, rateOf } from './estimate.ts';
import type { Fleet } from './fleet.ts';
import { accuracyOf, estimatedPerformance } from './performance.ts';
import type { Reference } from '../published-models.ts';

const TOTAL = STAGES.indexOf('total');
/**
 * Share of failing sessions or golden trials from which the state is `warn` (LOOK) or `bad` (ACT).
 */
const LOOK = 0.05;
const ACT = 0.2;

type Figures = Omit<VersionHealth, 'version' | 'state' | 'cannotJudge' | 'adoption' | 'sparkline'>;

export const NO_FIGURES: Figures = {
  predictions: 0,
  sessions: 0,
  failedSessions: { value: 0, low: null, high: null },
  goldenFailures: null,
  p50Ms: null,
  accuracy: null,
  worstFeature: null,
};

/** The figures that the overview shows for a version and window. */
export function figuresOf(
  fleet: Fleet,
  reference: Reference | null,
  options: DriftOptions,
): Figures {
  const { groups, total, rawShare } = fleet;
  const measured = accuracyOf(groups, rawShare);
  const estimated = reference ? estimatedPerformance(fleet, reference.profile) : null;
  const p50Ms = latencyQuantile(total.latency[TOTAL] ?? [], 0.5);
  const failed = rateOf(groups, ({ sessions }) => sessions.failed, startedIn, rawShare);
  const features = reference
    ? largestFirst(judgeDrift(fleet, reference.profile, options).features)
    : [];
  // A feature that drifts ranks before one with a higher score that may be due to chance.
  const worst = features.find(({ verdict }) => verdict === 'drift') ?? features[0];
  const isJudged = worst !== undefined && worst.verdict !== 'too-little-data';
  return {
    predictions: total.predictions,
    sessions: total.sessions.started,
    failedSessions: failed ?? NO_FIGURES.failedSessions,
    goldenFailures: rateOf(groups, ({ golden }) => golden.failed, triedIn, rawShare),
    p50Ms: Number.isFinite(p50Ms) ? p50Ms : null,
    accuracy: measured
      ? { kind: 'measured', ...measured }
      : estimated && { kind: 'estimated', ...estimated.accuracy },
    worstFeature: isJudged
      ? { name: worst.name, ratio: ratioOf(worst), verdict: worst.verdict }
      : null,
  };
}

const startedIn = ({ sessions }: Profile): number => sessions.started;
const triedIn = ({ golden }: Profile): number => golden.passed + golden.failed;

/**
 * The state of a version, derived from the figures shown with it. A failing version is never
 * `good`, and `good` requires enough sessions to rule out a failure rate of 20 %.
 * @param alerts firing and pending alerts of this version, except inhibited ones
 */
export function stateOf(
  figures: Figures,
  fleet: Fleet,
  alerts: readonly Alert[],
): VersionHealth['state'] {
  const { failedSessions, goldenFailures, worstFeature } = figures;
  const { sessions, golden } = fleet.total;
  const counts = [
    { share: failedSessions, n: sessions.started * fleet.rawShare },
    {
      share: goldenFailures ?? NO_FIGURES.failedSessions,
      n: (golden.passed + golden.failed) * fleet.rawShare,
    },
  ];
  const isPage = alerts.some(({ state, severity }) => state === 'firing' && severity === 'page');
  if (isPage || counts.some(({ share, n }) => atLeast(share, n) >= ACT)) return 'bad';
  const drifts = worstFeature?.verdict === 'drift';
  // A pending alert already rules out `good`.
  if (alerts.length > 0 || drifts || counts.some(({ share }) => share.value >= LOOK)) return 'warn';
  // If no session began in the window, count the predictions of sessions that began before it.
  const tried = sessions.started > 0 ? sessions.started : fleet.total.predictions;
  return atMost(failedSessions, tried * fleet.rawShare) > ACT ? 'unknown' : 'good';
}
