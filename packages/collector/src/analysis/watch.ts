import type { Profile } from '@perigee/profile';
import { compareVersion, isVersion } from '@perigee/registry';
import type { ChannelFile } from '@perigee/registry';
import type { Finding } from '../alerts/finding.ts';
import type { Rules } from '../alerts/rules.ts';
import type { Gauges } from '../metrics/prometheus.ts';
import { bothOutSince, firstWholeHour } from './both-out.ts';
import type { Pair } from './both-out.ts';
import { compareVersions } from './compare.ts';
import { driftRatios } from './drift.ts';
import type { DriftOptions } from './drift.ts';
import { findingsOf } from './findings.ts';
import type { Watched } from './findings.ts';
import { fleetOf } from './fleet.ts';
import { estimatedPerformance } from './performance.ts';
import type { Sources } from './read-fleet.ts';
import { championOf, rolloutShare, shareSince } from './rollout-share.ts';
import { rate } from './sum.ts';

/** A version is compared with the one before while it is younger than this: what is older has stood its test. */
const COMPARE_HOURS = 14 * 24;
const DAY_HOURS = 24;
/** Silence is told of what was heard, and not for ever. */
const SILENCE_MIN_SESSIONS = 50;
const SILENCE_FORGOTTEN_HOURS = 72;

export interface WatchOptions {
  readonly rules: Rules;
  readonly drift: DriftOptions;
  /** UTC hours since 1970, half-open. */
  readonly fromHour: number;
  readonly toHour: number;
  readonly logger: Pick<Console, 'error'>;
}

/** What is wrong with any version in a window, and what there is to measure of each. */
export async function watch(sources: Sources, { rules, drift, fromHour, toHour, logger }: WatchOptions): Promise<{ findings: readonly Finding[]; gauges: Gauges }> {
  const watched = await watchedIn(sources, fromHour, toHour, logger);
  const findings = withFirstVersions([...watched.flatMap((one) => findingsOf(one, rules, drift)), ...(await silences(sources, rules, toHour))]);
  return { findings, gauges: gaugesOf(watched.filter(({ segment }) => segment === ''), drift) };
}

function gaugesOf(watched: readonly Watched[], options: DriftOptions): Gauges {
  return {
    featureDrift: watched.flatMap(({ model, version, fleet, reference }) => (reference ? driftRatios(fleet, reference.profile, options).flatMap((ratio, i) => {
      const feature = reference.profile.features[i];
      return ratio === null || !feature ? [] : [{ model, version, feature: feature.name, method: feature.kind === 'numeric' ? 'wasserstein' : 'total-variation', value: ratio * options.thresholds[feature.kind] }];
    }) : [])),
    estimatedAccuracy: watched.flatMap(({ model, version, fleet, reference }) => {
      const estimated = reference ? estimatedPerformance(fleet, reference.profile) : null;
      return estimated ? [{ model, version, value: estimated.accuracy.value }] : [];
    }),
  };
}

/** Every version that was counted in the window, whole and by segment. One that cannot be judged keeps no other from it. */
async function watchedIn(sources: Sources, fromHour: number, toHour: number, logger: Pick<Console, 'error'>): Promise<Watched[]> {
  const { store, references } = sources;
  const totals = (await store.totals()).filter(({ lastHour }) => lastHour >= fromHour);
  const watched: Watched[] = [];
  for (const model of new Set(totals.map((row) => row.model))) {
    const versions = [...new Set(totals.filter((row) => row.model === model).map(({ version }) => version))].filter(isVersion).toSorted(compareVersion);
    const file = await references?.channels(model).catch(() => undefined);
    for (const version of versions) {
      try {
        const before = championOf(file, version) ?? versions[versions.indexOf(version) - 1];
        watched.push(...(await watchedOf(sources, { model, version, before, file, fromHour, toHour })));
      } catch (error) {
        logger.error(`${model}@${version} could not be looked at.`, error);
      }
    }
  }
  return watched;
}

interface VersionWindow {
  readonly model: string;
  readonly version: string;
  readonly before: string | undefined;
  readonly file: ChannelFile | undefined;
  readonly fromHour: number;
  readonly toHour: number;
}

async function watchedOf({ store, references, minDevices }: Sources, { model, version, before, file, fromHour, toHour }: VersionWindow): Promise<Watched[]> {
  const published = await references?.find(model, version).catch(() => undefined);
  const reference = published?.reference ?? null;
  const counted = await store.sums({ model, version, fromHour, toHour }, ['group', 'segment']);
  const sums = counted.filter(({ key }) => !reference || key.reference === reference.id);
  const mismatched = rate(predictionsIn(counted) - predictionsIn(sums), predictionsIn(counted));
  const whole = fleetOf(sums);
  if (!whole) return [];
  const pair = before === undefined ? null : { model, champion: before, challenger: version };
  const comparison = pair && (await comparisonOf(store, pair, file, toHour));
  const segments = [...new Set(sums.map(({ key }) => key.segment))].filter((segment) => segment !== '');
  return [
    { model, version, segment: '', fleet: whole, reference, mismatched, comparison, fromHour, toHour },
    ...segments.flatMap((segment): Watched[] => {
      const fleet = fleetOf(sums.filter(({ key }) => key.segment === segment));
      return fleet && fleet.devices >= minDevices ? [{ model, version, segment, fleet, reference, mismatched: 0, comparison: null, fromHour, toHour }] : [];
    }),
  ];
}

/** Versions that a channel names and that nobody counts at a time of the day when there were some the day before: what is replaced falls silent, too, and is no trouble. */
async function silences({ store, references }: Sources, { rules }: Rules, toHour: number): Promise<Finding[]> {
  const { hours } = rules.silence.thresholds;
  const totals = await store.totals();
  const found: Finding[] = [];
  for (const model of new Set(totals.map((row) => row.model))) {
    const named = new Set(Object.values((await references?.channels(model).catch(() => undefined))?.channels ?? {}).map(({ version }) => version));
    for (const version of named) {
      const rows = totals.filter((row) => row.model === model && row.version === version);
      const lastHour = Math.max(...rows.map((row) => row.lastHour));
      const silentHours = toHour - 1 - lastHour;
      const before = rows.length === 0 || silentHours < hours || silentHours > SILENCE_FORGOTTEN_HOURS ? [] : await store.timeline({ model, version, fromHour: lastHour + 1 - DAY_HOURS, toHour: toHour - DAY_HOURS });
      const sessions = before.reduce((sum, { sessionsStarted }) => sum + sessionsStarted, 0);
      if (sessions < SILENCE_MIN_SESSIONS) continue;
      found.push({
        rule: 'silence', model, version, segment: '', subject: '', severity: 'ticket', effect: { value: silentHours, low: silentHours, high: silentHours, threshold: hours, unit: 'ratio' },
        effectiveN: sessions, devices: 0, topFeatures: [], firstVersionSeen: version, fromHour: lastHour, toHour, summary: `Nothing has come of ${model}@${version} for ${silentHours} hours; at the same time of the day before there were ${sessions} sessions.`,
      });
    }
  }
  return found;
}

function predictionsIn(profiles: readonly Profile[]): number {
  return profiles.reduce((sum, { predictions }) => sum + predictions, 0);
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
  return { champion, ...compareVersions(arms, rolloutShare(file, challenger), shareSince(file)) };
}

/** The oldest version with the same trouble: whoever looks for the cause begins there. */
function withFirstVersions(findings: readonly Finding[]): Finding[] {
  const key = ({ rule, model, segment, subject }: Finding): string => JSON.stringify([rule, model, segment, subject]);
  const first = new Map<string, string>();
  for (const found of findings) {
    const known = first.get(key(found));
    if (known === undefined || compareVersion(found.version, known) < 0) first.set(key(found), found.version);
  }
  return findings.map((found) => ({ ...found, firstVersionSeen: first.get(key(found)) ?? found.version }));
}
