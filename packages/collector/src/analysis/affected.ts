import type { Profile } from '@perigee/profile';
import type { Affected, DifferingPart, FleetPart } from '../api-alerts.ts';
import type { Estimate } from '../api.ts';
import type { Dimension, WindowQuery } from '../store/store.ts';
import { fleetOf } from './fleet.ts';
import type { Fleet } from './fleet.ts';
import { groupBy } from './group-by.ts';
import type { Measure } from './measure.ts';
import { fleetDimensions } from './read-fleet.ts';
import type { Sources } from './read-fleet.ts';
import { hourText } from './window.ts';

interface Subject {
  readonly model: string;
  readonly version: string;
  readonly segment: string;
  readonly fromHour: number;
  readonly toHour: number;
}

type PartDimension = FleetPart['dimension'];

/**
 * Who runs the version of an alert, and by which backend, browser, segment or version the figure of
 * the alert differs most.
 */
export async function affectedBy(
  { store, publishedModels, minDevices }: Sources,
  subject: Subject,
  measure: Measure | null,
): Promise<Affected | null> {
  const { model, version, segment, fromHour, toHour } = subject;
  const where: WindowQuery = {
    model,
    version,
    fromHour,
    toHour,
    ...(segment !== '' && { segment }),
  };
  const counted = await store.sums(where, ['hour']);
  const deviceHours = devicesIn(counted);
  if (deviceHours === 0) return null;
  const whole = devicesIn(await store.sums({ model, fromHour, toHour }, []));
  const byHour = groupBy(counted, ({ key }) => key.hour);
  const parts: (FleetPart & { readonly others: Estimate | null })[] = [];
  const dimensions: readonly PartDimension[] =
    segment === ''
      ? ['version', 'backend', 'browser', 'segment']
      : ['version', 'backend', 'browser'];
  for (const dimension of measure ? dimensions : []) {
    const { version: _version, ...anyVersion } = where;
    const by: Dimension[] =
      dimension === 'version' ? fleetDimensions(where) : [...fleetDimensions(where), dimension];
    const sums = await store.sums(dimension === 'version' ? anyVersion : where, by);
    parts.push(
      ...(await partsOf(sums, dimension, measure as Measure, {
        model,
        publishedModels,
        minDevices,
      })),
    );
  }
  return {
    from: hourText(fromHour),
    to: hourText(toHour),
    deviceHours,
    mostDevices: Math.max(...[...byHour.values()].map(devicesIn)),
    share: whole === 0 ? null : deviceHours / whole,
    differsMostBy: measure && mostDiffering(parts, measure, version),
    parts: parts.map(({ others: _others, ...part }) => part),
    unit: measure?.unit ?? null,
  };
}

/** Figures of the parts of one dimension, worst first. [] if there is one part only. */
async function partsOf(
  sums: readonly Profile[],
  dimension: PartDimension,
  measure: Measure,
  { model, publishedModels, minDevices }: Omit<Sources, 'store'> & { readonly model: string },
): Promise<(FleetPart & { readonly others: Estimate | null })[]> {
  const byName = groupBy(sums, ({ key }) => key[dimension]);
  if (byName.size < 2) return [];
  const figure = async (profiles: readonly Profile[]): Promise<Estimate | null> => {
    // Counts of different versions have different bins, so each goes with its own reference.
    const [first] = profiles;
    const published =
      first && (await publishedModels?.find(model, first.key.version).catch(() => undefined));
    const reference = published?.reference ?? null;
    const fleet = fleetOf(
      reference ? profiles.filter(({ key }) => key.reference === reference.id) : profiles,
    );
    return fleet ? measure.of(fleet, reference?.profile ?? null) : null;
  };
  const parts = await Promise.all(
    Array.from(byName, async ([name, profiles]) => {
      const deviceHours = devicesIn(profiles);
      if (deviceHours < minDevices) return [];
      const others = [...byName].flatMap(([other, rest]) => (other === name ? [] : rest));
      const value = await figure(profiles);
      if (value === null) return [];
      const isComparable = dimension !== 'version' && devicesIn(others) >= minDevices;
      return [
        { dimension, name, deviceHours, value, others: isComparable ? await figure(others) : null },
      ];
    }),
  );
  const worst = measure.worse === 'higher' ? 1 : -1;
  const sorted = parts.flat().toSorted((a, b) => worst * (b.value.value - a.value.value));
  return dimension === 'version' ? withOthers(sorted) : sorted;
}

/** A version is compared with the best of the others: their counts cannot be added. */
function withOthers(
  sorted: readonly (FleetPart & { readonly others: Estimate | null })[],
): (FleetPart & { readonly others: Estimate | null })[] {
  const best = sorted.at(-1);
  return sorted.map((part) => ({ ...part, others: part === best ? null : (best?.value ?? null) }));
}

/** The part whose whole interval is worse than that of the others, by the largest difference. */
function mostDiffering(
  parts: readonly (FleetPart & { readonly others: Estimate | null })[],
  { worse }: Measure,
  version: string,
): DifferingPart | null {
  const gap = (part: FleetPart & { readonly others: Estimate | null }): number => {
    const { value, others } = part;
    if (!others || value.low === null || value.high === null) return Number.NEGATIVE_INFINITY;
    if (others.low === null || others.high === null) return Number.NEGATIVE_INFINITY;
    const isApart = worse === 'higher' ? value.low > others.high : value.high < others.low;
    return isApart ? Math.abs(value.value - others.value) : Number.NEGATIVE_INFINITY;
  };
  const own = parts.filter(({ dimension, name }) => dimension !== 'version' || name === version);
  const most = own.reduce<(typeof own)[number] | undefined>(
    (best, part) => (gap(part) > (best ? gap(best) : Number.NEGATIVE_INFINITY) ? part : best),
    undefined,
  );
  return most?.others ? { ...most, others: most.others } : null;
}

function devicesIn(profiles: readonly Pick<Fleet, 'devices'>[]): number {
  return profiles.reduce((sum, { devices }) => sum + devices, 0);
}
