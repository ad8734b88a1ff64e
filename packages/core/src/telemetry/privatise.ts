import { emptyProfile } from '@perigee/profile';
import type { Profile, ReferenceProfile } from '@perigee/profile';

/**
 * Returns the profile that a device sends under local differential privacy: one observation for
 * each feature, the predicted label and the score. Each is drawn at random from the counts and
 * replaced by another bin by k-ary randomised response, which keeps it with probability e^ε / (e^ε
 * + k − 1) (Kairouz, Bonawitz and Ramage, 2016, https://arxiv.org/abs/1602.07387). Missing and
 * out-of-range values, times, ground truth and everything else are left out. ε applies to each
 * histogram; a device spends d ε on d independent ones.
 *
 * A histogram without an observation answers too, to hide that there was none. Its observation is
 * drawn from the reference, so that missing values look like no drift.
 *
 * This is the only option under which the collector's operator cannot know what a device saw. Its
 * precision is in docs/privacy.md, its size in bench/RESULTS.md.
 * @param uniform returns random numbers in [0, 1)
 */
export function privatise(
  profile: Profile,
  epsilonTenths: number,
  reference: ReferenceProfile | null = null,
  uniform: () => number = secureUniform,
): Profile {
  const randomise = (counts: Float64Array, instead: ArrayLike<number> | undefined): Float64Array =>
    randomised(counts, instead, epsilonTenths / 10, uniform);
  return {
    ...emptyProfile({ ...profile.key, privacy: epsilonTenths }),
    predictions: 1,
    features: profile.features.map(({ bins }, i) => ({
      bins: randomise(bins, reference?.features[i]?.counts),
      missing: 0,
      invalid: 0,
      below: 0,
      above: 0,
    })),
    labels: randomise(profile.labels, reference?.output?.labelCounts),
    scores: randomise(profile.scores, reference?.output?.scoreCounts),
    values: randomise(profile.values, reference?.value?.counts),
  };
}

function randomised(
  counts: Float64Array,
  instead: ArrayLike<number> | undefined,
  epsilon: number,
  uniform: () => number,
): Float64Array {
  const reported = new Float64Array(counts.length);
  if (counts.length === 0) return reported;
  let bin =
    drawn(isEmpty(counts) ? Float64Array.from(instead ?? []) : counts, uniform) ??
    Math.floor(uniform() * counts.length);
  const keep = Math.exp(epsilon) / (Math.exp(epsilon) + counts.length - 1);
  if (counts.length > 1 && uniform() >= keep)
    bin = (bin + 1 + Math.floor(uniform() * (counts.length - 1))) % counts.length;
  reported[bin] = 1;
  return reported;
}

function isEmpty(counts: Float64Array): boolean {
  return counts.every((count) => count === 0);
}

/** Draws a bin in proportion to its count; undefined when all counts are 0. */
function drawn(counts: Float64Array, uniform: () => number): number | undefined {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return undefined;
  const at = uniform() * total;
  let below = 0;
  const found = counts.findIndex((count) => (below += count) > at);
  return found < 0 ? counts.length - 1 : found;
}

function secureUniform(): number {
  return (crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) / 2 ** 32;
}
