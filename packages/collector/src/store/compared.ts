import { STAGES } from '@perigee/profile';
import type { Profile, ProfileKey } from '@perigee/profile';
import { correctIn, labelledIn } from '../confusion.ts';
import { sum } from '../sum.ts';

const TOTAL = STAGES.indexOf('total');

/**
 * The sums by which versions are compared. All of them add up, so a store keeps them as plain
 * numbers beside each profile and adds them without reading a histogram.
 */
const COMPARED = {
  devices: ({ devices }) => devices,
  failedDevices: ({ failedDevices }) => failedDevices,
  sessionsStarted: ({ sessions }) => sessions.started,
  sessionsDegraded: ({ sessions }) => sessions.degraded,
  goldenPassed: ({ golden }) => golden.passed,
  goldenFailed: ({ golden }) => golden.failed,
  /** Predictions with feedback on their label or their number. */
  labelled: (profile) => profile.regression.count + labelledIn(profile),
  correct: correctIn,
  /** Durations of the stage `total`, and the sum of the numbers of their buckets. */
  latencies: ({ latency }) => sum(latency[TOTAL] ?? []),
  latencyBuckets: ({ latency }) => sumOfBuckets(latency[TOTAL] ?? []),
  /** Predictions with feedback on their number, and the sums of their errors. */
  truths: ({ regression }) => regression.count,
  errorsOver: ({ regression }) => regression.over,
  errorsUnder: ({ regression }) => regression.under,
  squaredErrors: ({ regression }) => regression.squaredError,
} satisfies Record<string, (profile: ComparedProfile) => number>;

type ComparedName = keyof typeof COMPARED;

/** The fields of a profile that a comparison reads. */
export type ComparedProfile = Pick<
  Profile,
  | 'devices'
  | 'failedDevices'
  | 'sessions'
  | 'golden'
  | 'labels'
  | 'confusion'
  | 'latency'
  | 'regression'
>;

/** Fields of a key that tell compared sums apart. */
export type ComparedKey = Pick<ProfileKey, 'hour' | 'group' | 'reference' | 'sampling' | 'privacy'>;

/** The counts of a version in an hour and device group. */
export type ComparedCounts = Readonly<Record<ComparedName, number>> & {
  readonly key: ComparedKey;
};

export const COMPARED_COLUMNS = Object.keys(COMPARED) as ComparedName[];

/** One of the compared sums of a profile. */
export function comparedIn(profile: ComparedProfile, name: ComparedName): number {
  return capped(COMPARED[name](profile));
}

/** The compared sums of a profile. */
export function comparedOf(
  profile: ComparedProfile & { readonly key: ComparedKey },
): ComparedCounts {
  const named = COMPARED_COLUMNS.map((name) => [name, comparedIn(profile, name)] as const);
  return { ...(Object.fromEntries(named) as Record<ComparedName, number>), key: profile.key };
}

/** Adds up sums of the same key, and sorts them by it. */
export function addCompared(all: readonly ComparedCounts[]): ComparedCounts[] {
  const sums = new Map<string, Record<ComparedName, number> & { readonly key: ComparedKey }>();
  for (const one of all) {
    const { hour, group, reference, sampling, privacy } = one.key;
    const text = JSON.stringify([hour, group, reference, sampling, privacy]);
    const known = sums.get(text);
    if (!known) sums.set(text, { ...one, key: { hour, group, reference, sampling, privacy } });
    else for (const name of COMPARED_COLUMNS) known[name] = capped(known[name] + one[name]);
  }
  return [...sums.values()].toSorted((a, b) => order(a.key, b.key));
}

function order(a: ComparedKey, b: ComparedKey): number {
  const references = a.reference < b.reference ? -1 : Number(a.reference > b.reference);
  return (
    a.hour - b.hour ||
    a.group - b.group ||
    references ||
    a.sampling - b.sampling ||
    a.privacy - b.privacy
  );
}

function sumOfBuckets(histogram: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < histogram.length; i += 1) total += i * (histogram[i] ?? 0);
  return total;
}

/** Sums stay at the largest exact integer, as those of profiles do. */
function capped(count: number): number {
  return Math.min(count, Number.MAX_SAFE_INTEGER);
}
