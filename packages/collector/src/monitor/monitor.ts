import type { Alerting } from '../alerts/alerting.ts';
import type { Finding, Undecided } from '../alerts/finding.ts';
import type { Rules } from '../alerts/rules.ts';
import { DRIFT_DEFAULTS } from '../analysis/drift.ts';
import type { DriftOptions } from '../analysis/drift.ts';
import { keepHarms } from '../analysis/kept-harm.ts';
import { messageOf } from '../message-of.ts';
import type { Gauges } from '../prometheus/prometheus.ts';
import type { QueryThread } from '../query-thread/query-thread.ts';
import type { CollectorStore } from '../store/store.ts';
import { startTimer } from '../timer.ts';

const HOUR_MS = 3_600_000;
const HOURS_PER_MONTH = 720;
const MAX_FALSE_DISCOVERIES = 0.05;
export const WINDOW_HOURS = 24;

export interface MonitorOptions {
  /** Length of the analysed window in hours; it ends now. Default 24. */
  readonly windowHours?: number;
  /**
   * Interval in ms. Default 60,000; 0 disables the monitor. If several collectors share a store,
   * enable it on one only: otherwise each sends the same alerts.
   */
  readonly everyMs?: number;
  /** Effective observations a feature needs for a verdict. Default 500. */
  readonly minObservations?: number;
}

export interface Monitor {
  /** Checks every model now. */
  check(nowMs: number): Promise<readonly Finding[]>;
  /** Results of the latest check. */
  gauges(): Promise<Gauges>;
  /** Stops the timer and waits for a running check. */
  close(): Promise<void>;
}

/**
 * Options for drift verdicts: the thresholds of the rules, and the false discovery rate that
 * matches the accepted number of false alerts per month.
 */
export function driftOptions(
  { rules, expectedFalseAlertsPerMonth }: Rules,
  { windowHours = WINDOW_HOURS, minObservations = DRIFT_DEFAULTS.minObservations }: MonitorOptions,
): DriftOptions {
  const { numeric, categorical } = rules['feature-drift'].thresholds;
  // Overlapping windows are nearly identical, so a month has as many chances for a false alert as
  // disjoint windows.
  const falseDiscoveryRate = Math.min(
    MAX_FALSE_DISCOVERIES,
    (expectedFalseAlertsPerMonth * windowHours) / HOURS_PER_MONTH,
  );
  return {
    thresholds: { numeric, categorical, labels: rules['prediction-drift'].thresholds.distance },
    minObservations,
    falseDiscoveryRate,
  };
}

/** Checks every model periodically and passes findings to the alerts. */
export function startMonitor(
  queries: Pick<QueryThread, 'check'>,
  store: Pick<CollectorStore, 'put'>,
  alerting: Alerting,
  logger: Pick<Console, 'error'>,
  { everyMs = 60_000 }: MonitorOptions = {},
): Monitor {
  let gauges: Gauges = { featureDrift: [], estimatedAccuracy: [] };

  async function check(nowMs: number): Promise<readonly Finding[]> {
    const toHour = Math.floor(nowMs / HOUR_MS) + 1;
    const result = await queries.check(toHour).catch(async (error: unknown) => {
      await alerting.observe([], toHour, [nothingJudged(error)]);
      throw error;
    });
    gauges = result.gauges;
    await alerting.observe(result.findings, toHour, result.undecided);
    await keepHarms(store, result.harms, nowMs);
    return result.findings;
  }

  const timer =
    everyMs > 0
      ? startTimer(everyMs, () => check(Date.now()), 'The models could not be checked.', logger)
      : undefined;
  return { check, gauges: async () => gauges, close: async () => timer?.close() };
}

/** A failed check finds nothing and resolves nothing. */
function nothingJudged(error: unknown): Undecided {
  return {
    model: null,
    version: null,
    segment: null,
    rule: null,
    subject: null,
    kind: 'fault',
    reason: `the last check of the models failed (${messageOf(error)})`,
  };
}
