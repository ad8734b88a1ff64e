import type { FeatureReference, Profile, ReferenceProfile, RegressionSums, SealedBatch } from '@perigee/profile';
import { sum } from '../analysis/sum.ts';
import { isVersion } from '@perigee/registry';
import type { References } from '../references.ts';
import { Refusal } from '../refusal.ts';
import { ReferenceMismatch } from './mismatches.ts';

const HOUR_MS = 3_600_000;
const MAX_AGE_HOURS = 24 * 31;
/** Clocks of devices are wrong; by more than this a window cannot be placed in time. */
const MAX_AHEAD_HOURS = 25;
/** A device that did more than this in an hour is a broken or a hostile one. */
const MAX_PER_HOUR = 1e7;
const MAX_SESSIONS = 1_000;
/** With what the device stands for: so many such uploads cannot add up beyond what is counted exactly. */
const MAX_WEIGHTED = 2 ** 33;
/** Steps of an error are clipped to 4,096. */
const MAX_SQUARED_STEPS = 2 ** 24;
/** A session may go wrong in a later hour than it began; a device has not more of them open at once than this. */
const MAX_OPEN_SESSIONS = 32;
/** Each is rows of its own in the store, so a sender must not make them up. `none`: a version that was refused before it ran. */
const BACKENDS: ReadonlySet<string> = new Set(['webgpu', 'webnn', 'webgl', 'wasm', 'cpu', 'native', 'none']);
const BROWSERS: ReadonlySet<string> = new Set(['chromium', 'firefox', 'webkit', 'node', 'deno', 'bun', 'other']);

/**
 * Refuses what no honest device sends: windows outside the last month, models and references nobody published, shapes that do not fit the
 * reference, more observations than predictions. Uploads from browsers carry no proof of anything; each is treated as hostile.
 */
export async function checkBatch(batch: SealedBatch, references: References | null, nowMs: number): Promise<void> {
  if (batch.profiles.length === 0) throw new Refusal(422, 'INVALID_INPUT', 'The batch holds no profile.');
  for (const profile of batch.profiles) {
    checkTime(profile, nowMs);
    checkCounts(profile);
  }
  if (!references) return;
  const sinceMs = performance.now();
  for (const profile of batch.profiles) await checkReference(profile, references, sinceMs);
}

function checkTime({ key: { hour } }: Profile, nowMs: number): void {
  const now = Math.floor(nowMs / HOUR_MS);
  if (hour > now + MAX_AHEAD_HOURS || hour < now - MAX_AGE_HOURS) {
    throw new Refusal(422, 'INVALID_INPUT', `The window ${new Date(hour * HOUR_MS).toISOString()} is not within the last ${MAX_AGE_HOURS / 24} days; is the device's clock right?`);
  }
}

function checkCounts({ key, predictions, sessions, golden, features, devices, scores, labels, values, fallbacks, errors, latency, confusion, regression }: Profile): void {
  if (!BACKENDS.has(key.backend)) throw implausible(`"${key.backend}" is no backend`);
  if (!isVersion(key.version)) throw implausible(`"${key.version}" is no version`);
  if (!BROWSERS.has(key.browser)) throw implausible(`"${key.browser}" is none of ${[...BROWSERS].join(', ')}`);
  if (devices !== 1) throw implausible(`a device sent the counts of ${devices}`);
  const truths = regression.count + [...confusion.values()].reduce((total, count) => total + count, 0);
  const large = [predictions, devices, fallbacks, sessions.started, golden.passed, golden.failed, ...Object.values(errors), ...latency.map(sum), truths].find((count) => count > MAX_PER_HOUR);
  if (large !== undefined) throw implausible(`a count of ${large}`);
  if (predictions * 2 ** key.sampling > MAX_WEIGHTED) throw implausible(`${predictions} predictions that stand for 2^${key.sampling} times as many`);
  if (sessions.started > MAX_SESSIONS || golden.passed + golden.failed > MAX_SESSIONS) throw implausible(`${Math.max(sessions.started, golden.passed + golden.failed)} sessions or trials in an hour`);
  for (const [index, { bins, missing, invalid, below, above }] of features.entries()) {
    const binned = sum(bins);
    if (binned + missing + invalid > predictions) throw implausible(`feature ${index} has ${binned + missing + invalid} observations of ${predictions} predictions`);
    if (below + above > binned) throw implausible(`feature ${index} has ${below + above} values out of range of ${binned}`);
  }
  const outputs = Math.max(sum(scores), sum(labels), sum(values));
  if (outputs > predictions) throw implausible(`${outputs} outputs of ${predictions} predictions`);
  if (Math.max(sessions.degraded, sessions.failed) > sessions.started + MAX_OPEN_SESSIONS) throw implausible(`${Math.max(sessions.degraded, sessions.failed)} sessions went wrong of ${sessions.started}`);
  checkRegression(regression);
}

/** Cauchy and Schwarz: what no set of errors can add up to. */
function checkRegression({ count, over, under, squaredError, truth, truthSquared }: RegressionSums): void {
  if (squaredError > count * MAX_SQUARED_STEPS || truthSquared > count * MAX_SQUARED_STEPS) throw implausible('its regression sums are larger than their count allows');
  if ((over + under) ** 2 > count * squaredError * (1 + 1e-9) || truth ** 2 > count * truthSquared * (1 + 1e-9)) throw implausible('its regression sums contradict each other');
}

async function checkReference({ key, features, labels, values }: Profile, references: References, sinceMs: number): Promise<void> {
  // A refusal is final for its sender, so only what the registry lacks now is refused, not what was published since it was last read.
  const published = await references.find(key.model, key.version, sinceMs);
  if (published && key.segment !== '' && !published.segments.includes(key.segment)) throw new Refusal(422, 'INVALID_INPUT', `${key.model}@${key.version} declares no segment "${key.segment}".`);
  if (!published) throw new Refusal(422, 'MODEL_NOT_FOUND', `${key.model}@${key.version} is not in the collector's registry.`);
  const expected = published.reference;
  if ((expected?.id ?? '') !== key.reference) throw new ReferenceMismatch(key.model, key.version, expected?.id ?? '', key.reference);
  if (!fits(expected?.profile, features, labels, values)) throw implausible('its shape is not that of the reference');
}

/** Without a reference there is nothing to count features and labels into. */
function fits(reference: ReferenceProfile | undefined, features: Profile['features'], labels: Float64Array, values: Float64Array): boolean {
  const { features: expected = [], output, value } = reference ?? {};
  if (values.length !== (value ? binCount(value) : 0)) return false;
  return features.length === expected.length && features.every(({ bins }, i) => bins.length === binCount(expected[i])) && labels.length === (output?.labels.length ?? 0);
}

function binCount(feature: FeatureReference | undefined): number {
  if (!feature) return -1;
  return feature.kind === 'numeric' ? feature.edges.length + 1 : feature.vocabulary.length + 1;
}

function implausible(what: string): Refusal {
  return new Refusal(422, 'INVALID_INPUT', `The profile cannot be right: ${what}.`);
}
