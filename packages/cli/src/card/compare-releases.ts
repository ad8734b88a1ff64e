import type { DeltaIndex, Manifest, Sha256, Variant } from '@perigee/registry';
import { describeChanges } from './describe-changes.ts';

export interface VariantDifference {
  readonly variant: string;
  readonly wholeBytes: number;
  /** What a device that has the first fetches for the second. */
  readonly fetchBytes: number;
  /** Chunks of files, golden samples and drift reference that it lacks. */
  readonly newObjects: number;
  /** Of them, those with a delta that is shorter. */
  readonly byDelta: number;
}

export interface ReleaseDifference {
  readonly variants: readonly VariantDifference[];
  /** What is said otherwise in the second, in words. */
  readonly changes: readonly string[];
}

/**
 * @param deltas what the registry knows of shorter ways to the second; null where it has no index
 */
export function compareReleases(before: Manifest, after: Manifest, deltas: DeltaIndex | null): ReleaseDifference {
  const variants = after.variants.map((variant) => {
    const kept = before.variants.find(({ id }) => id === variant.id);
    const here = new Set(objectsOf(before, kept).keys());
    const objects = objectsOf(after, variant);
    const sizes = [...objects].filter(([sha256]) => !here.has(sha256)).map(([sha256, wireBytes]) => {
      const ways = [...(deltas?.get(sha256) ?? [])].filter(([base]) => here.has(base)).map(([, bytes]) => bytes);
      return { bytes: Math.min(wireBytes, ...ways), isDelta: ways.some((bytes) => bytes < wireBytes) };
    });
    return {
      variant: variant.id,
      wholeBytes: [...objects.values()].reduce((sum, bytes) => sum + bytes, 0),
      fetchBytes: sizes.reduce((sum, { bytes }) => sum + bytes, 0),
      newObjects: sizes.length,
      byDelta: sizes.filter(({ isDelta }) => isDelta).length,
    };
  });
  return { variants, changes: describeChanges(before, after) };
}

/** Everything a device with this variant has of a version, beside the manifest, with its bytes on the wire. */
function objectsOf({ golden, reference }: Manifest, variant: Variant | undefined): ReadonlyMap<Sha256, number> {
  const beside = [golden, reference].flatMap((ref) => (ref ? [[ref.sha256, ref.sizeBytes] as const] : []));
  return new Map([...(variant?.chunks ?? []).map(({ sha256, wireBytes }) => [sha256, wireBytes] as const), ...beside]);
}
