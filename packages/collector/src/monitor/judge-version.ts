import type { Rules } from '../alerts/rules.ts';
import { impactOf } from '../analysis/impact.ts';
import { judgeDrift } from '../analysis/drift.ts';
import type { DriftOptions, JudgedDrift } from '../analysis/drift.ts';
import { estimatedPerformance } from '../analysis/performance.ts';
import { driftFindings } from './drift-findings.ts';
import { feedbackFindings } from './feedback-findings.ts';
import { goldenFindings } from './golden-findings.ts';
import { createDoubts } from './judging.ts';
import type { JudgedVersion } from './judging.ts';
import { performanceFindings } from './performance-findings.ts';
import { qualityFindings } from './quality-findings.ts';
import { releaseFindings } from './release-findings.ts';
import type { VersionCounts } from './version-counts.ts';

const NO_DRIFT: JudgedDrift = { features: [], outputs: [] };

/** Applies all rules to one version in one window: findings, and what cannot be decided. */
export function judgeVersion(
  counts: VersionCounts,
  { rules }: Rules,
  options: DriftOptions,
): JudgedVersion {
  const doubts = createDoubts(counts);
  const { fleet, reference } = counts;
  const drift = reference ? judgeDrift(fleet, reference.profile, options) : NO_DRIFT;
  const estimated = reference ? estimatedPerformance(fleet, reference.profile) : null;
  const findings = [
    ...driftFindings(counts, drift, doubts),
    ...qualityFindings(counts, rules, doubts),
    ...performanceFindings(counts, estimated, rules, doubts),
    ...goldenFindings(counts, rules, doubts),
    ...feedbackFindings(counts, rules, doubts),
    ...releaseFindings(counts, rules, doubts),
  ];
  const impact = impactOf(counts, drift, estimated);
  return {
    findings: findings.map((found) => ({ ...found, impact })),
    undecided: doubts.undecided,
    features: drift.features,
    estimated,
  };
}
