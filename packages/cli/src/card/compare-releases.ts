import type { DeltaIndex, Manifest } from '@perigee/registry';

export interface VariantDifference {
  readonly variant: string;
  readonly wholeBytes: number;
  /** What a device that has the first fetches for the second. */
  readonly fetchBytes: number;
  readonly newChunks: number;
  readonly byDelta: number;
}

export interface ReleaseDifference {
  readonly variants: readonly VariantDifference[];
  /** What is said otherwise in the second, in words. */
  readonly changes: readonly string[];
}

export function compareReleases(before: Manifest, after: Manifest, deltas: DeltaIndex | null): ReleaseDifference {
  const variants = after.variants.map((variant) => {
    const here = new Set((before.variants.find(({ id }) => id === variant.id)?.chunks ?? []).map(({ sha256 }) => sha256));
    const missing = [...new Map(variant.chunks.filter(({ sha256 }) => !here.has(sha256)).map((chunk) => [chunk.sha256, chunk])).values()];
    const sizes = missing.map(({ sha256, wireBytes }) => {
      const ways = [...(deltas?.get(sha256) ?? [])].filter(([base]) => here.has(base)).map(([, bytes]) => bytes);
      return { bytes: Math.min(wireBytes, ...ways), isDelta: ways.some((bytes) => bytes < wireBytes) };
    });
    return {
      variant: variant.id,
      wholeBytes: [...new Map(variant.chunks.map((chunk) => [chunk.sha256, chunk])).values()].reduce((sum, { wireBytes }) => sum + wireBytes, 0),
      fetchBytes: sizes.reduce((sum, { bytes }) => sum + bytes, 0),
      newChunks: missing.length,
      byDelta: sizes.filter(({ isDelta }) => isDelta).length,
    };
  });
  const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
  const parts = [['signature', 'the inputs or outputs differ'], ['pipeline', 'the pipeline differs'], ['labels', 'the labels differ'], ['license', 'the licence differs'], ['governance', 'metrics, data, owner or intended use differ']] as const;
  return {
    variants,
    changes: [
      ...parts.filter(([part]) => !same(before[part], after[part])).map(([, words]) => words),
      ...(same(before.golden?.tolerance, after.golden?.tolerance) ? [] : ['the golden tolerance differs']),
      ...(same(before.golden?.sha256, after.golden?.sha256) ? [] : ['the golden samples differ']),
      ...(same(before.reference?.sha256, after.reference?.sha256) ? [] : ['the drift reference differs']),
      ...before.variants.filter(({ id }) => !after.variants.some((one) => one.id === id)).map(({ id }) => `the variant ${id} is gone`),
    ],
  };
}
