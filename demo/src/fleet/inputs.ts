import type { FeatureReference, NumericReference, ReferenceProfile } from '@perigee/profile';
import type { Device } from './device.ts';
import type { Knobs } from './protocol.ts';
import { HARM } from './releases.ts';
import type { Release } from './releases.ts';
import type { Random } from './random.ts';

/** One picture that a device sees, what the model answers, and the truth. */
export interface Observation {
  readonly values: readonly number[];
  readonly predicted: number;
  readonly score: number;
  readonly truth: number;
}

/**
 * Share of the pictures that look as this device's pictures usually do. The rest is as in training,
 * so that devices differ, as real ones do, and the fleet as a whole does not.
 */
const HABIT = 0.1;
/** A dark camera lowers features by this many interquartile ranges of the training data. */
const DARKENS: Readonly<Record<string, number>> = { brightness: -1.1, contrast: -1.2, edges: -0.5 };
/** New users write smaller, and lower in the frame. */
const WRITES: Readonly<Record<string, number>> = { centerY: 0.9, edges: 0.5, centerX: -0.6 };
/** They write some digits more often than others did: multiples of the share in training. */
const NEW_MIX = [1, 2.2, 0.6, 0.6, 1, 0.6, 0.6, 2.2, 1, 0.6];
/** The most by which scores fall for pictures unlike the training data. */
const LESS_SURE = 0.45;

/** The changes of the world that this device meets and the version does not know. */
export interface Strangeness {
  readonly dark: boolean;
  readonly newUsers: boolean;
}

export function strangenessOf(device: Device, knobs: Knobs): Strangeness {
  return {
    dark: device.cameraOrder < knobs.dark,
    newUsers: device.userOrder < knobs.newUsers,
  };
}

/** Draws a picture of the world: from the bins of `world`, changed where the device is affected. */
export function observe(
  random: Random,
  world: ReferenceProfile,
  device: Device,
  strange: Strangeness,
  release: Release,
): Observation {
  const values = world.features.map((feature, i) => valueOf(random, feature, i, device, strange));
  const labels = world.output?.labelCounts ?? [1];
  const mix = strange.newUsers ? labels.map((n, i) => n * (NEW_MIX[i] ?? 1)) : labels;
  const likeliest = random.index(mix);
  const unknown =
    (strange.dark && !release.knows.has('dark')) ||
    (strange.newUsers && !release.knows.has('newUsers'));
  const { score, right } = confidence(random, world, unknown, release);
  const other = (likeliest + 1 + random.below(labels.length - 1)) % labels.length;
  return { values, predicted: likeliest, score, truth: right ? likeliest : other };
}

/**
 * The top score, and whether the answer is right: by the calibration of the reference, as on the
 * training data. A version that is less accurate is as sure as before.
 */
function confidence(
  random: Random,
  { output }: ReferenceProfile,
  unknown: boolean,
  { fault }: Release,
): { readonly score: number; readonly right: boolean } {
  const counts = output?.scoreCounts ?? [1];
  const drawn = (random.index(counts) + random.next()) / counts.length;
  const score = unknown ? Math.max(0.15, drawn - LESS_SURE * random.next()) : drawn;
  const probabilities = output?.calibration?.probabilities ?? [score];
  const bin = Math.min(probabilities.length - 1, Math.floor(score * probabilities.length));
  const isRight = random.chance(probabilities[bin] ?? score);
  return { score, right: isRight && !(fault === 'inaccurate' && random.chance(HARM.wrong)) };
}

function valueOf(
  random: Random,
  feature: FeatureReference,
  index: number,
  device: Device,
  strange: Strangeness,
): number {
  if (feature.kind !== 'numeric') return 0;
  const isUsual = random.chance(HABIT);
  const place = isUsual ? (device.habits[index] ?? 0.5) : random.next();
  const value = atQuantile(feature, place, random.next());
  const steps =
    (strange.dark ? (DARKENS[feature.name] ?? 0) : 0) +
    (strange.newUsers ? (WRITES[feature.name] ?? 0) : 0);
  const [, low, , high] = feature.quantiles;
  // Pictures stay within what a camera can show.
  return Math.max(feature.min, Math.min(feature.max, value + steps * (high - low)));
}

/** A value of the bin at this quantile; `within` is its place in the bin. */
function atQuantile(feature: NumericReference, quantile: number, within: number): number {
  const { counts, edges, min, max } = feature;
  let rest = quantile * counts.reduce((sum, count) => sum + count, 0);
  const found = counts.findIndex((count) => (rest -= count) < 0);
  const bin = found < 0 ? counts.length - 1 : found;
  const [low, high] = [edges[bin - 1] ?? min, edges[bin] ?? max];
  return low + within * (high - low);
}
