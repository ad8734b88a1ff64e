import { compareVersion, isVersion } from '@perigee/registry';
import type { ChannelFile } from '@perigee/registry';
import type { Undecided } from '../alerts/finding.ts';
import { bothOutSince, firstWholeHour } from '../analysis/both-out.ts';
import type { Pair } from '../analysis/both-out.ts';
import { compareVersions } from '../analysis/compare.ts';
import { errorRatios } from '../analysis/error-ratios.ts';
import { fleetOf } from '../analysis/fleet.ts';
import { fleetDimensions } from '../analysis/read-fleet.ts';
import type { Sources } from '../analysis/read-fleet.ts';
import type { Reference } from '../published-models.ts';
import { championOf, rolloutShare, shareSince } from '../analysis/rollout-share.ts';
import { messageOf } from '../message-of.ts';
import type { StoreReader, VersionTotals } from '../store/store.ts';
import { cannotJudge, REFERENCE_RULES, tooFew } from './cannot-judge.ts';
import type { ModelChannels } from './channels.ts';
import { createHourSums } from './hour-sums.ts';
import type { HourSums, VersionHours } from './hour-sums.ts';
import { pastOf } from './own-past.ts';
import type { VersionCounts } from './version-counts.ts';

/** Versions first seen longer ago than this are no longer compared with their predecessor. */
const COMPARE_HOURS = 14 * 24;
const DAY_HOURS = 24;

/** Versions that can be judged, and what the window could not decide. */
interface Read {
  readonly versions: readonly VersionCounts[];
  readonly undecided: readonly Undecided[];
}

/**
 * Every version counted in the window, as a whole and by segment. If one version fails, the error
 * is logged and the others are still read.
 */
export async function readVersions(
  sources: Sources,
  channels: readonly ModelChannels[],
  totals: readonly VersionTotals[],
  { fromHour, toHour }: Pick<VersionHours, 'fromHour' | 'toHour'>,
  logger: Pick<Console, 'error'>,
): Promise<Read> {
  const recent = totals.filter(({ lastHour }) => lastHour >= fromHour);
  const reads: Read[] = [];
  for (const { model, file } of channels) {
    const versions = [
      ...new Set(recent.filter((row) => row.model === model).map(({ version }) => version)),
    ]
      .filter(isVersion)
      .toSorted(compareVersion);
    const hours = createHourSums(sources.store);
    const pairs = versions.map((version, i) => ({
      version,
      before: championOf(file, version) ?? versions[i - 1],
    }));
    for (const [i, { version, before }] of pairs.entries()) {
      const toCome = pairs.slice(i).flatMap((pair) => [pair.version, pair.before ?? version]);
      hours.keepOnly(new Set(toCome));
      const window = { model, version, fromHour, toHour };
      reads.push(
        await readVersion(sources, hours, window, before, file).catch((error: unknown) => {
          logger.error(`${model}@${version} could not be checked.`, error);
          return { versions: [], undecided: [cannotJudge(model, version, null, messageOf(error))] };
        }),
      );
    }
  }
  return {
    versions: reads.flatMap((one) => one.versions),
    undecided: reads.flatMap((one) => one.undecided),
  };
}

/** @param before the version to compare with */
async function readVersion(
  { store, publishedModels, minDevices }: Sources,
  hours: HourSums,
  window: VersionHours,
  before: string | undefined,
  file: ChannelFile | undefined,
): Promise<Read> {
  const { model, version, toHour } = window;
  const { reference, undecided } = await readReference(publishedModels, window);
  const dimensions = fleetDimensions(window);
  const counted = await store.sums(window, [...dimensions, 'segment']);
  if (dimensions.includes('hour')) hours.add(window, counted);
  const sums = counted.filter(({ key }) => !reference || key.reference === reference.id);
  const fleet = fleetOf(sums);
  if (!fleet) return { versions: [], undecided: [tooFew(model, version, null)] };
  const past = await pastOf(store, hours, window);
  const pair = before === undefined ? undefined : { model, champion: before, challenger: version };
  const comparison = pair ? await comparisonOf(store, hours, pair, file, toHour) : null;
  const whole = { ...window, segment: '', fleet, reference, comparison, past };
  const segments = [...new Set(sums.map(({ key }) => key.segment))]
    .filter((segment) => segment !== '')
    .map((segment) => ({
      segment,
      fleet: fleetOf(sums.filter(({ key }) => key.segment === segment)),
    }));
  return {
    versions: [
      whole,
      ...segments.flatMap(({ segment, fleet }) =>
        fleet && fleet.devices >= minDevices
          ? [{ ...whole, segment, fleet, comparison: null, past: null }]
          : [],
      ),
    ],
    undecided: [
      ...undecided,
      ...segments.flatMap(({ segment, fleet }) =>
        fleet && fleet.devices >= minDevices ? [] : [tooFew(model, version, segment)],
      ),
    ],
  };
}

/** The reference of a version, or the rules that cannot be judged because it cannot be read. */
async function readReference(
  publishedModels: Sources['publishedModels'],
  { model, version }: VersionHours,
): Promise<{ readonly reference: Reference | null; readonly undecided: Undecided[] }> {
  try {
    const published = await publishedModels?.find(model, version);
    return { reference: published?.reference ?? null, undecided: [] };
  } catch (error) {
    const reason = messageOf(error);
    return {
      reference: null,
      undecided: REFERENCE_RULES.map((rule) => cannotJudge(model, version, rule, reason)),
    };
  }
}

async function comparisonOf(
  store: Pick<StoreReader, 'timeline'>,
  hours: HourSums,
  pair: Pair,
  file: ChannelFile | undefined,
  toHour: number,
): Promise<VersionCounts['comparison']> {
  const { model, champion, challenger } = pair;
  const since = await bothOutSince(store, file, pair, { fromHour: toHour - COMPARE_HOURS, toHour });
  if (since === undefined || since < toHour - COMPARE_HOURS + DAY_HOURS) return null;
  const window = { model, fromHour: Math.max(since, firstWholeHour(toHour - 1)), toHour };
  if (window.fromHour >= toHour) return null;
  const after = await hours.read({ ...window, version: challenger });
  const before = await hours.read({ ...window, version: champion });
  if (before.length === 0 || after.length === 0) return null;
  const arms = { champion: before, challenger: after };
  return {
    champion,
    ...compareVersions(arms, rolloutShare(file, challenger), shareSince(file)),
    errors: errorRatios(before, after),
  };
}
