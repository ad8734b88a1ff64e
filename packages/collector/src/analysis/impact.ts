import { latencyQuantile, STAGES } from '@perigee/profile';
import type { Impact } from '../alerts/facts.ts';
import type { Reference } from '../published-models.ts';
import { movedFeatures } from './drift.ts';
import type { JudgedDrift } from './drift.ts';
import { rateOf } from './estimate.ts';
import type { Fleet } from './fleet.ts';
import { accuracyOf } from './performance.ts';
import type { EstimatedPerformance } from './performance.ts';

const TOTAL = STAGES.indexOf('total');

/** Effects of a version that users notice in a window. */
export function impactOf(
  { fleet, reference }: { readonly fleet: Fleet; readonly reference: Reference | null },
  { features }: Pick<JudgedDrift, 'features'>,
  estimated: EstimatedPerformance | null,
): Impact {
  const { groups, total, rawShare } = fleet;
  const usual = reference?.profile.output?.calibration?.accuracy ?? null;
  const measured = accuracyOf(groups, rawShare);
  const p50Ms = latencyQuantile(total.latency[TOTAL] ?? [], 0.5);
  return {
    accuracy: measured
      ? { kind: 'measured', ...measured, usual }
      : estimated && { kind: 'estimated', ...estimated.accuracy, usual },
    failedSessions: rateOf(
      groups,
      ({ sessions }) => sessions.failed,
      ({ sessions }) => sessions.started,
      rawShare,
    ),
    p50Ms: Number.isFinite(p50Ms) ? p50Ms : null,
    inputsMoved: movedFeatures(features).length > 0,
  };
}
