import type { Profile } from '@perigee/profile';
import type { HourPredictions } from '../store/store.ts';
import { groupBy } from './group-by.ts';
import { MIN_GROUPS } from './groups.ts';

/** How many times the median of its peers a group may weigh in an hour. */
const MAX_TIMES = 10;

/**
 * How much was counted is the sender's word, and one upload may claim ten million predictions. So
 * what a group counted of inputs and answers in an hour weighs at most ten times the median of the
 * groups in that hour. With fewer than four groups there is no such median. All other counts stay.
 * Groups without predictions, such as those of late labels, are not part of the median.
 */
export function boundedWeights(profiles: readonly Profile[]): Profile[] {
  return [...groupBy(profiles, ({ key }) => key.hour).values()].flatMap(boundedHour);
}

/** Whether no group has more than that in any hour, so that `boundedWeights` changes nothing. */
export function areWithinBounds(counts: readonly GroupPredictions[]): boolean {
  return [...groupBy(counts, ({ hour }) => hour).values()].every(
    (inHour) => weightsOf(inHour).size === 0,
  );
}

type GroupPredictions = Pick<HourPredictions, 'hour' | 'group' | 'sampling' | 'predictions'>;

function boundedHour(profiles: readonly Profile[]): Profile[] {
  const weights = weightsOf(profiles.map(({ key, predictions }) => ({ ...key, predictions })));
  return profiles.map((profile) => {
    const weight = weights.get(profile.key.group);
    return weight === undefined ? profile : weighted(profile, weight);
  });
}

/** The weights of the groups of an hour whose counts weigh less than 1. */
function weightsOf(inHour: readonly GroupPredictions[]): Map<number, number> {
  const groups = groupBy(inHour, ({ group }) => group);
  const counted = Array.from(groups, ([group, own]) => [group, predictionsOf(own)] as const).filter(
    ([, predictions]) => predictions > 0,
  );
  if (counted.length < MIN_GROUPS) return new Map();
  const most = MAX_TIMES * medianOf(counted.map(([, predictions]) => predictions));
  return new Map(
    counted.flatMap(([group, predictions]) => {
      const weight = most / Math.max(1, predictions);
      return weight < 1 ? [[group, weight] as const] : [];
    }),
  );
}

function predictionsOf(counts: readonly GroupPredictions[]): number {
  return counts.reduce((sum, { sampling, predictions }) => sum + predictions * 2 ** sampling, 0);
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2;
}

/** The counts of inputs and answers, multiplied by a weight. */
function weighted(profile: Profile, weight: number): Profile {
  const times = (count: number): number => count * weight;
  return {
    ...profile,
    features: profile.features.map(({ bins, missing, invalid, below, above }) => ({
      bins: bins.map(times),
      missing: times(missing),
      invalid: times(invalid),
      below: times(below),
      above: times(above),
    })),
    labels: profile.labels.map(times),
    scores: profile.scores.map(times),
    values: profile.values.map(times),
  };
}
