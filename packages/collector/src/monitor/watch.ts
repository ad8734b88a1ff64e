import { compareVersion, isVersion } from '@perigee/registry';
import type { ChannelFile } from '@perigee/registry';
import type { Finding, Undecided } from '../alerts/finding.ts';
import type { Rules } from '../alerts/rules.ts';
import type { Gauges } from '../metrics/prometheus.ts';
import { bothOutSince, firstWholeHour } from '../analysis/both-out.ts';
import type { Pair } from '../analysis/both-out.ts';
import type { VersionTotals } from '../store/store.ts';
import { cannotJudge, messageOf, REFERENCE_RULES, tooFew } from './cannot-judge.ts';
import { channelsOf, unread } from './channels.ts';
import type { ModelChannels } from './channels.ts';
import { compareVersions } from '../analysis/compare.ts';
import { ratioOf } from '../analysis/drift.ts';
import type { DriftOptions } from '../analysis/drift.ts';
import { judge } from './findings.ts';
import type { JudgedVersion } from './judging.ts';
import { keptHarmOf, keptHarms } from '../analysis/kept-harm.ts';
import type { SeenHarm } from '../analysis/kept-harm.ts';
import type { Watched } from './watched.ts';
import { errorRatios } from '../analysis/error-ratios.ts';
import { fleetOf } from '../analysis/fleet.ts';
import { pastOf } from './own-past.ts';
import { mismatchFindings } from './mismatch-findings.ts';
import { estimatedPerformance } from '../analysis/performance.ts';
import { fleetDimensions } from '../analysis/read-fleet.ts';
import type { Sources } from '../analysis/read-fleet.ts';
import { championOf, rolloutShare, shareSince } from '../analysis/rollout-share.ts';
import { silences, stopped, stoppedSegments } from './silences.ts';

/** Versions first seen longer ago than this are no longer compared with their predecessor. */
const COMPARE_HOURS = 14 * 24;
const DAY_HOURS = 24;

export interface WatchOptions {
  readonly rules: Rules;
  readonly drift: DriftOptions;
  /** UTC hours since 1970, half-open. */
  readonly fromHour: number;
  readonly toHour: number;
  readonly logger: Pick<Console, 'error'>;
}

export interface WatchAnswer {
  readonly findings: readonly Finding[];
  readonly undecided: readonly Undecided[];
  /** Comparisons that are harmful, and not kept as such yet. */
  readonly harms: readonly SeenHarm[];
  readonly gauges: Gauges;
}

/** Evaluates every rule on every version in a window: findings, undecided rules and gauges. */
export async function watch(
  sources: Sources,
  { rules, drift, fromHour, toHour, logger }: WatchOptions,
): Promise<WatchAnswer> {
  const totals = await sources.store.totals();
  const channels = await channelsOf(sources, totals);
  const { watched, undecided } = await watchedIn(
    sources,
    channels,
    totals,
    fromHour,
    toHour,
    logger,
  );
  const judged = watched.map((one) => judge(one, rules, drift));
  const silent = await silences(sources.store, channels, totals, rules, toHour);
  const mismatched = await mismatchFindings(sources.store, rules, fromHour, toHour);
  const findings = withFirstVersions([
    ...judged.flatMap((one) => one.findings),
    ...silent.findings,
    ...mismatched.findings,
  ]);
  const harms = await newHarms(sources.store, watched, channels);
  return {
    findings,
    harms,
    undecided: [
      ...undecided,
      ...judged.flatMap((one) => one.undecided),
      ...silent.undecided,
      ...mismatched.undecided,
      ...unread(channels),
      ...stopped(channels, totals, fromHour, toHour),
      ...stoppedSegments(totals, fromHour, toHour),
    ],
    gauges: gaugesOf(
      watched.filter(isWhole),
      judged.filter((_, i) => watched[i] && isWhole(watched[i])),
    ),
  };
}

async function newHarms(
  store: Sources['store'],
  watched: readonly Watched[],
  channels: readonly ModelChannels[],
): Promise<SeenHarm[]> {
  const seen = watched.flatMap(({ model, version, comparison }) =>
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

const isWhole = ({ segment }: Watched): boolean => segment === '';

function gaugesOf(watched: readonly Watched[], judged: readonly JudgedVersion[]): Gauges {
  return {
    featureDrift: watched.flatMap(({ model, version }, i) =>
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
    estimatedAccuracy: watched.flatMap(({ model, version, fleet, reference }) => {
      const estimated = reference ? estimatedPerformance(fleet, reference.profile) : null;
      return estimated ? [{ model, version, value: estimated.accuracy.value }] : [];
    }),
  };
}

/**
 * Every version counted in the window, as a whole and by segment. If one version fails, the error
 * is logged and the others are still evaluated.
 */
async function watchedIn(
  sources: Sources,
  channels: readonly ModelChannels[],
  totals: readonly VersionTotals[],
  fromHour: number,
  toHour: number,
  logger: Pick<Console, 'error'>,
): Promise<{ watched: Watched[]; undecided: Undecided[] }> {
  const recent = totals.filter(({ lastHour }) => lastHour >= fromHour);
  const watched: Watched[] = [];
  const undecided: Undecided[] = [];
  for (const { model, file } of channels) {
    const versions = [
      ...new Set(recent.filter((row) => row.model === model).map(({ version }) => version)),
    ]
      .filter(isVersion)
      .toSorted(compareVersion);
    for (const version of versions) {
      try {
        const before = championOf(file, version) ?? versions[versions.indexOf(version) - 1];
        const seen = await watchedOf(sources, { model, version, before, file, fromHour, toHour });
        watched.push(...seen.watched);
        undecided.push(...seen.undecided);
      } catch (error) {
        logger.error(`${model}@${version} could not be looked at.`, error);
        undecided.push(cannotJudge(model, version, null, messageOf(error)));
      }
    }
  }
  return { watched, undecided };
}

interface VersionWindow {
  readonly model: string;
  readonly version: string;
  readonly before: string | undefined;
  readonly file: ChannelFile | undefined;
  readonly fromHour: number;
  readonly toHour: number;
}

async function watchedOf(
  { store, publishedModels, minDevices }: Sources,
  { model, version, before, file, fromHour, toHour }: VersionWindow,
): Promise<{ watched: Watched[]; undecided: Undecided[] }> {
  const undecided: Undecided[] = [];
  const published = await publishedModels?.find(model, version).catch((error: unknown) => {
    undecided.push(
      ...REFERENCE_RULES.map((rule) => cannotJudge(model, version, rule, messageOf(error))),
    );
  });
  const reference = published?.reference ?? null;
  const counted = await store.sums({ model, version, fromHour, toHour }, [
    ...fleetDimensions({ fromHour, toHour }),
    'segment',
  ]);
  const sums = counted.filter(({ key }) => !reference || key.reference === reference.id);
  const whole = fleetOf(sums);
  if (!whole) return { watched: [], undecided: [tooFew(model, version, null)] };
  const past = await pastOf(store, { model, version, fromHour, toHour });
  const comparison =
    before === undefined
      ? null
      : await comparisonOf(store, { model, champion: before, challenger: version }, file, toHour);
  const watched: Watched[] = [
    { model, version, segment: '', fleet: whole, reference, comparison, past, fromHour, toHour },
  ];
  for (const segment of new Set(sums.map(({ key }) => key.segment))) {
    if (segment === '') continue;
    const fleet = fleetOf(sums.filter(({ key }) => key.segment === segment));
    if (fleet && fleet.devices >= minDevices)
      watched.push({
        model,
        version,
        segment,
        fleet,
        reference,
        comparison: null,
        past: null,
        fromHour,
        toHour,
      });
    else undecided.push(tooFew(model, version, segment));
  }
  return { watched, undecided };
}

async function comparisonOf(
  store: Sources['store'],
  pair: Pair,
  file: ChannelFile | undefined,
  toHour: number,
): Promise<Watched['comparison']> {
  const { model, champion, challenger } = pair;
  const since = await bothOutSince(store, file, pair, { fromHour: toHour - COMPARE_HOURS, toHour });
  if (since === undefined || since < toHour - COMPARE_HOURS + DAY_HOURS) return null;
  const window = { model, fromHour: Math.max(since, firstWholeHour(toHour - 1)), toHour };
  if (window.fromHour >= toHour) return null;
  const after = await store.sums({ ...window, version: challenger }, ['group', 'hour']);
  const before = await store.sums({ ...window, version: champion }, ['group', 'hour']);
  if (before.length === 0 || after.length === 0) return null;
  const arms = { champion: before, challenger: after };
  return {
    champion,
    ...compareVersions(arms, rolloutShare(file, challenger), shareSince(file)),
    errors: errorRatios(before, after),
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
