import { emptyProfile } from '@perigee/profile';
import type { Profile } from '@perigee/profile';

/**
 * What a device sends under local differential privacy: of each feature, the predicted label and the score one observation, drawn at random and
 * replaced by another bin with a probability that ε sets (k-ary randomised response: kept with e^ε / (e^ε + k − 1)). What was missing or out of
 * range, times, truths and all else that would tell more is left out. ε holds for each histogram; of d independent ones a device spends d ε.
 * @param uniform random numbers in [0, 1)
 */
export function privatise(profile: Profile, epsilonTenths: number, uniform: () => number = secureUniform): Profile {
  const randomise = (counts: Float64Array): Float64Array => randomised(counts, epsilonTenths / 10, uniform);
  return {
    ...emptyProfile({ ...profile.key, privacy: epsilonTenths }),
    predictions: 1,
    features: profile.features.map(({ bins }) => ({ bins: randomise(bins), missing: 0, invalid: 0, below: 0, above: 0 })),
    labels: randomise(profile.labels),
    scores: randomise(profile.scores),
    values: randomise(profile.values),
  };
}

function randomised(counts: Float64Array, epsilon: number, uniform: () => number): Float64Array {
  const told = new Float64Array(counts.length);
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (counts.length === 0) return told;
  // A histogram without observation answers at random, too: that there was none is nobody's business.
  let bin = total === 0 ? Math.floor(uniform() * counts.length) : drawn(counts, uniform() * total);
  const keep = Math.exp(epsilon) / (Math.exp(epsilon) + counts.length - 1);
  if (counts.length > 1 && uniform() >= keep) bin = (bin + 1 + Math.floor(uniform() * (counts.length - 1))) % counts.length;
  told[bin] = 1;
  return told;
}

function drawn(counts: Float64Array, at: number): number {
  let below = 0;
  const found = counts.findIndex((count) => (below += count) > at);
  return found < 0 ? counts.length - 1 : found;
}

function secureUniform(): number {
  return (crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) / 2 ** 32;
}
