import type { Profile } from '@perigee/profile';
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

function boundedHour(profiles: readonly Profile[]): Profile[] {
  const groups = groupBy(profiles, ({ key }) => key.group);
  const counted = new Map(
    Array.from(groups, ([group, own]): [number, number] => [group, predictionsOf(own)]).filter(
      ([, predictions]) => predictions > 0,
    ),
  );
  if (counted.size < MIN_GROUPS) return [...profiles];
  const most = MAX_TIMES * medianOf([...counted.values()]);
  return profiles.map((profile) => {
    const weight = Math.min(1, most / Math.max(1, counted.get(profile.key.group) ?? 0));
    return weight < 1 ? weighted(profile, weight) : profile;
  });
}

function predictionsOf(profiles: readonly Profile[]): number {
  return profiles.reduce((sum, { key, predictions }) => sum + predictions * 2 ** key.sampling, 0);
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
