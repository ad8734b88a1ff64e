import type { DeltaIndex, Manifest, Sha256, Variant } from '@perigee/registry';
import { describeChanges } from './describe-changes.ts';

export interface VariantDifference {
  readonly variant: string;
  readonly wholeBytes: number;
  /** Bytes that a device with the first release downloads for the second. */
  readonly fetchBytes: number;
  /** New objects for that device: chunks of files, golden samples and drift reference. */
  readonly newObjects: number;
  /** Number of the new objects that have a shorter delta. */
  readonly byDelta: number;
}

export interface ReleaseDifference {
  readonly variants: readonly VariantDifference[];
  /** Changes of the manifest in words. */
  readonly changes: readonly string[];
}

/**
 * Compares two releases.
 * @param deltas the registry's index of deltas to the second release; null without an index
 */
export function compareReleases(
  before: Manifest,
  after: Manifest,
  deltas: DeltaIndex | null,
): ReleaseDifference {
  const variants = after.variants.map((variant) => {
    const kept = before.variants.find(({ id }) => id === variant.id);
    const here = new Set(objectsOf(before, kept).keys());
    const objects = objectsOf(after, variant);
    const sizes = [...objects]
      .filter(([sha256]) => !here.has(sha256))
      .map(([sha256, wireBytes]) => {
        const ways = [...(deltas?.get(sha256) ?? [])]
          .filter(([base]) => here.has(base))
          .map(([, bytes]) => bytes);
        return {
          bytes: Math.min(wireBytes, ...ways),
          isDelta: ways.some((bytes) => bytes < wireBytes),
        };
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

/**
 * All objects of a version that a device with this variant has, except the manifest, with their
 * bytes on the wire.
 */
function objectsOf(
  { golden, reference }: Manifest,
  variant: Variant | undefined,
): ReadonlyMap<Sha256, number> {
  const wholeFiles = [golden, reference].flatMap((ref) =>
    ref ? [[ref.sha256, ref.sizeBytes] as const] : [],
  );
  return new Map([
    ...(variant?.chunks ?? []).map(({ sha256, wireBytes }) => [sha256, wireBytes] as const),
    ...wholeFiles,
  ]);
}
