import { latencyQuantile } from '../profile/latency.ts';
import { STAGES } from '../profile/layout.ts';
import type { Profile } from '../profile/layout.ts';
import type { ReferenceProfile } from '../reference/reference-profile.ts';

/**
 * A profile for people: its counts with their names. It serves previews and debugging; no code
 * reads it back.
 * @param reference of the model, for the names; without it they are indexes
 * @example
 * ```ts
 * console.log(JSON.stringify(describeProfile(profile, reference), null, 2));
 * ```
 */
export function describeProfile(
  profile: Profile,
  reference: ReferenceProfile | null,
): Record<string, unknown> {
  const { key, features, labels, scores, values, latency, confusion: _, ...counts } = profile;
  return {
    ...key,
    hour: new Date(key.hour * 3_600_000).toISOString(),
    ...counts,
    features: Object.fromEntries(
      features.map(({ bins, ...rest }, i) => [
        reference?.features[i]?.name ?? `feature ${i}`,
        { bins: [...bins], ...rest },
      ]),
    ),
    labels: Object.fromEntries(
      [...labels].map((count, i) => [reference?.output?.labels[i] ?? String(i), count]),
    ),
    scores: [...scores],
    values: [...values],
    // Bucket (each spans a factor of 2^(1/4), from 15.6 µs) → count.
    latency: Object.fromEntries(
      STAGES.map((stage, i) => [
        stage,
        Object.fromEntries(
          [...(latency[i] ?? [])].flatMap((count, bucket) => (count > 0 ? [[bucket, count]] : [])),
        ),
      ]),
    ),
    latencyP50Ms: Object.fromEntries(
      STAGES.map((stage, i) => [stage, rounded(latencyQuantile(latency[i] ?? [], 0.5))]),
    ),
    confusion: confusionOf(profile, reference),
  };
}

/** Counts by text like "predicted 3, true 5". */
function confusionOf(
  { labels, confusion }: Profile,
  reference: ReferenceProfile | null,
): Record<string, number> {
  const name = (index: number): string => reference?.output?.labels[index] ?? String(index);
  return Object.fromEntries(
    Array.from(confusion, ([cell, count]) => [
      `predicted ${name(Math.floor(cell / labels.length))}, true ${name(cell % labels.length)}`,
      count,
    ]),
  );
}

function rounded(ms: number): number | null {
  return Number.isNaN(ms) ? null : Math.round(ms * 1_000) / 1_000;
}
