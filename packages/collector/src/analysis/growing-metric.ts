import type { ComparedMetric, Estimate, Shortfall } from '../api.ts';
import type { ComparedCounts } from '../store/compared.ts';
import { GROUPS, MIN_GROUPS } from './groups.ts';
import type { Metric } from './metrics.ts';
import { createStratified, evidenceAbove } from './stratified.ts';
import type { Counted, Difference } from './stratified.ts';
import { hourText } from './window.ts';

/**
 * E-value of an alarm. At most one in a hundred comparisons of equal versions ever reaches 100,
 * however often it is checked (Ville's inequality).
 */
export const ALARM = 100;
/**
 * E-value required in each half of the fleet. Two independent halves together are as much evidence
 * as ALARM.
 */
export const HALF_ALARM = 10;

/** The counts of both versions in the same hours and device groups. */
export interface Basis {
  readonly groups: number;
  readonly units: { readonly champion: number; readonly challenger: number };
}

/** One metric of a comparison, updated hour by hour. */
export interface GrowingMetric extends Pick<Metric, 'name' | 'family'> {
  addHour(
    hour: number,
    champion: readonly ComparedCounts[],
    challenger: readonly ComparedCounts[],
  ): void;
  /**
   * True if there is enough evidence, and still without any two of the groups. A few broken devices
   * are in one or two groups only.
   */
  alarm(): boolean;
  /** True if each half of the fleet alone has enough evidence. */
  inBothHalves(): boolean;
  /** The units and groups that the evidence is from. */
  basis(): Basis;
  /** Null unless both versions have data. */
  answer(): ComparedMetric | null;
}

const ALL = Array.from({ length: GROUPS }, (_, group) => group);
const FIRST = ALL.filter((group) => group < GROUPS / 2);
const SECOND = ALL.filter((group) => group >= GROUPS / 2);
const ALL_BUT_TWO = ALL.flatMap((i) =>
  ALL.slice(i + 1).map((j) => ALL.filter((group) => group !== i && group !== j)),
);

export function growingMetric(metric: Metric): GrowingMetric {
  const { name, family, unit, count, margin, sizes, needed, atLeastAsWide } = metric;
  const arms = createStratified(metric.leastVariance);
  const plain = { champion: NONE, challenger: NONE };
  const path: ComparedMetric['path'][number][] = [];

  /** Whether the hours so far raise an alarm; undefined until someone asks. */
  let isAlarm: boolean | undefined;

  function evidenceOf(difference: Difference | null): number {
    const { champion, challenger } = arms.shared;
    if (Math.min(champion, challenger) < (needed?.units ?? 1)) return 1;
    return capped(evidenceAbove(difference, sizes));
  }

  const evidence = (groups: readonly number[]): number => evidenceOf(arms.difference(groups));

  function addHour(
    hour: number,
    before: readonly ComparedCounts[],
    after: readonly ComparedCounts[],
  ): void {
    isAlarm = undefined;
    const [a, b] = [byGroup(before, count), byGroup(after, count)];
    plain.champion = a.reduce(added, plain.champion);
    plain.challenger = b.reduce(added, plain.challenger);
    arms.addHour(a, b);
    const halves = [evidence(FIRST), evidence(SECOND)] as const;
    path.push({ hour: hourText(hour), eValue: evidence(ALL), halves });
  }

  function hasAlarm(): boolean {
    const isHarm = (groups: readonly number[], least: number): boolean => {
      const difference = arms.difference(groups);
      return (difference?.value ?? 0) >= margin && evidenceOf(difference) >= least;
    };
    return (
      lastOf(path).eValue >= ALARM &&
      isHarm(ALL, ALARM) &&
      ALL_BUT_TWO.every((groups) => isHarm(groups, HALF_ALARM))
    );
  }

  const alarm = (): boolean => (isAlarm ??= hasAlarm());

  const basis = (): Basis => ({ groups: arms.groups(), units: arms.shared });

  function shortfall(): Shortfall | null {
    const { groups, units } = basis();
    if (groups < MIN_GROUPS) return { of: 'device groups', counted: groups, needed: MIN_GROUPS };
    const counted = Math.min(units.champion, units.challenger);
    return needed && counted < needed.units
      ? { of: needed.of, counted, needed: needed.units }
      : null;
  }

  function answer(): ComparedMetric | null {
    if (plain.champion.n === 0 || plain.challenger.n === 0) return null;
    const means = arms.means();
    const estimate = (arm: 'champion' | 'challenger'): Estimate => {
      const ofAll = { value: plain[arm].sum / plain[arm].n, low: null, high: null };
      // Means are of the hours and groups with data in both arms.
      return shownOf(metric, means ? atLeastAsWide(means[arm], arms.shared[arm]) : ofAll);
    };
    return {
      name,
      unit,
      champion: estimate('champion'),
      challenger: estimate('challenger'),
      n: means
        ? { ...arms.shared }
        : { champion: plain.champion.n, challenger: plain.challenger.n },
      eValue: lastOf(path).eValue,
      shortfall: shortfall(),
      alarm: alarm(),
      path,
    };
  }

  const inBothHalves = (): boolean => lastOf(path).halves.every((eValue) => eValue >= HALF_ALARM);
  return { name, family, addHour, alarm, inBothHalves, basis, answer };
}

const NONE: Counted = { n: 0, sum: 0 };

type Point = ComparedMetric['path'][number];

function lastOf(path: readonly Point[]): Pick<Point, 'eValue' | 'halves'> {
  return path.at(-1) ?? { eValue: 1, halves: [1, 1] };
}

function shownOf({ shown }: Metric, { value, low, high }: Estimate): Estimate {
  if (low === null || high === null) return { value: shown(value), low: null, high: null };
  const ends = [shown(low), shown(high)];
  return { value: shown(value), low: Math.min(...ends), high: Math.max(...ends) };
}

function byGroup(counts: readonly ComparedCounts[], count: Metric['count']): Counted[] {
  const groups = ALL.map(() => NONE);
  for (const one of counts) {
    const { group } = one.key;
    groups[group] = added(groups[group] ?? NONE, count(one));
  }
  return groups;
}

function added(a: Counted, b: Counted): Counted {
  return { n: a.n + b.n, sum: a.sum + b.sum };
}

/** JSON cannot represent Infinity. */
function capped(eValue: number): number {
  return Math.min(eValue, 1e300);
}
