import { compareVersion } from '@perigee/registry';
import type { ChannelFile } from '@perigee/registry';
import type { Finding, Undecided } from '../alerts/finding.ts';
import type { Rules } from '../alerts/rules.ts';
import { ratioOf } from '../analysis/drift.ts';
import type { DriftOptions } from '../analysis/drift.ts';
import { keptHarmOf, keptHarms } from '../analysis/kept-harm.ts';
import type { SeenHarm } from '../analysis/kept-harm.ts';
import type { Sources } from '../analysis/read-fleet.ts';
import type { Gauges } from '../prometheus/prometheus.ts';
import { channelsOf, unread } from './channels.ts';
import type { ModelChannels } from './channels.ts';
import { judgeVersion } from './judge-version.ts';
import type { JudgedVersion } from './judging.ts';
import { mismatchFindings } from './mismatch-findings.ts';
import { readVersions } from './read-versions.ts';
import { lastHoursOf, silences, stopped, stoppedSegments } from './silences.ts';
import type { VersionCounts } from './version-counts.ts';

export interface CheckOptions {
  readonly rules: Rules;
  readonly drift: DriftOptions;
  /** UTC hours since 1970, half-open. */
  readonly fromHour: number;
  readonly toHour: number;
  readonly logger: Pick<Console, 'error'>;
}

export interface CheckResult {
  readonly findings: readonly Finding[];
  readonly undecided: readonly Undecided[];
  /** Comparisons that are harmful, and not kept as such yet. */
  readonly harms: readonly SeenHarm[];
  readonly gauges: Gauges;
}

/** Evaluates every rule on every version in a window: findings, undecided rules and gauges. */
export async function checkModels(
  sources: Sources,
  { rules, drift, logger, ...window }: CheckOptions,
): Promise<CheckResult> {
  const { fromHour, toHour } = window;
  const totals = await sources.store.totals();
  const channels = await channelsOf(sources, totals);
  const { versions, undecided } = await readVersions(sources, channels, totals, window, logger);
  const judged = versions.map((one) => judgeVersion(one, rules, drift));
  const lastHours = lastHoursOf(totals);
  const silent = await silences(sources.store, channels, lastHours, rules, toHour);
  const mismatched = await mismatchFindings(sources.store, rules, fromHour, toHour);
  return {
    findings: withFirstVersions([
      ...judged.flatMap((one) => one.findings),
      ...silent.findings,
      ...mismatched.findings,
    ]),
    undecided: [
      ...undecided,
      ...judged.flatMap((one) => one.undecided),
      ...silent.undecided,
      ...mismatched.undecided,
      ...unread(channels),
      ...stopped(channels, lastHours, fromHour, toHour),
      ...stoppedSegments(totals, lastHours, fromHour, toHour),
    ],
    harms: await newHarms(sources.store, versions, channels),
    gauges: gaugesOf(
      versions.filter(isWhole),
      judged.filter((_, i) => versions[i] && isWhole(versions[i])),
    ),
  };
}

async function newHarms(
  store: Sources['store'],
  versions: readonly VersionCounts[],
  channels: readonly ModelChannels[],
): Promise<SeenHarm[]> {
  const seen = versions.flatMap(({ model, version, comparison }) =>
    comparison?.verdict === 'harm'
      ? [{ model, champion: comparison.champion, challenger: version, reasons: comparison.reasons }]
      : [],
  );
  if (seen.length === 0) return [];
  const kept = await keptHarms(store);
  const fileOf = (model: string): ChannelFile | undefined =>
    channels.find((one) => one.model === model)?.file;
  return seen.filter((harm) => !keptHarmOf(kept, harm, fileOf(harm.model)));
}

const isWhole = ({ segment }: VersionCounts): boolean => segment === '';

function gaugesOf(versions: readonly VersionCounts[], judged: readonly JudgedVersion[]): Gauges {
  return {
    featureDrift: versions.flatMap(({ model, version }, i) =>
      (judged[i]?.features ?? [])
        .filter(({ verdict }) => verdict !== 'too-little-data')
        .map((one) => ({
          model,
          version,
          feature: one.name,
          method: one.primary.method,
          value: ratioOf(one) * one.primary.threshold,
        })),
    ),
    estimatedAccuracy: versions.flatMap(({ model, version }, i) => {
      const estimated = judged[i]?.estimated;
      return estimated ? [{ model, version, value: estimated.accuracy.value }] : [];
    }),
  };
}

/**
 * Sets `firstVersionSeen` to the oldest version with the same finding, where a search for the cause
 * should begin.
 */
function withFirstVersions(findings: readonly Finding[]): Finding[] {
  const key = ({ rule, model, segment, subject }: Finding): string =>
    JSON.stringify([rule, model, segment, subject]);
  const first = new Map<string, string>();
  for (const found of findings) {
    const known = first.get(key(found));
    if (known === undefined || compareVersion(found.version, known) < 0)
      first.set(key(found), found.version);
  }
  return findings.map((found) => ({
    ...found,
    firstVersionSeen: first.get(key(found)) ?? found.version,
  }));
}
