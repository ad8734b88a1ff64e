import type { Profile, RegressionSums } from '@perigee/profile';
import { sum } from '../sum.ts';
import { BACKENDS, isVersion } from '@perigee/registry';
import { HttpError } from '../http/http-error.ts';

/** Predictions in an hour: about 2,800 per second. A device with more is broken or hostile. */
const MAX_PREDICTIONS = 1e7;
const MAX_SESSIONS = 1_000;
/** Sessions that began in an earlier hour and are still open. */
const MAX_OPEN_SESSIONS = 32;
/** A session falls back at most once per backend. */
const FALLBACKS_A_SESSION = 8;
/** Failed calls are not predictions. A page that calls once per frame for an hour makes fewer. */
const MAX_FAILED_CALLS = 250_000;
/**
 * Predictions of earlier hours that a device remembers until feedback arrives: 4 MiB at 12 bytes
 * each.
 */
const MAX_REMEMBERED = 350_000;
/** Bound of a count multiplied by the number of devices it stands for. */
const MAX_WEIGHTED = 2 ** 33;
/** Bound of a weighted sum of squares: about MAX_REMEMBERED × MAX_SQUARED_STEPS. */
const MAX_WEIGHTED_SQUARES = 2 ** 43;
/** Errors are clipped to 4,096 steps; this is its square. */
const MAX_SQUARED_STEPS = 2 ** 24;
/**
 * Each value creates rows of its own in the store, so a sender must not invent values. `none`: a
 * version that was refused before it ran.
 */
const KNOWN_BACKENDS: ReadonlySet<string> = new Set([...BACKENDS, 'none']);
const BROWSERS: ReadonlySet<string> = new Set([
  'chromium',
  'firefox',
  'webkit',
  'node',
  'deno',
  'bun',
  'other',
]);

/**
 * Refuses counts that no device reaches in an hour. Counts are checked against each other, and
 * against the number of devices that each stands for.
 * @throws HttpError 422
 */
export function checkCounts(profile: Profile): void {
  const { key, devices, failedDevices, predictions, sessions } = profile;
  if (!KNOWN_BACKENDS.has(key.backend)) throw implausible(`"${key.backend}" is not a backend`);
  if (!isVersion(key.version)) throw implausible(`"${key.version}" is not a version`);
  if (!BROWSERS.has(key.browser))
    throw implausible(`"${key.browser}" is none of ${[...BROWSERS].join(', ')}`);
  if (devices > 1) throw implausible(`a device sent the counts of ${devices}`);
  atMost('device-hours with a failed session', failedDevices, 1);
  if (predictions > MAX_PREDICTIONS) throw implausible(`${predictions} predictions in an hour`);
  checkSessions(profile);
  checkObservations(profile);
  const calls = predictions + sessions.started;
  atMost(
    'fallbacks',
    profile.fallbacks,
    FALLBACKS_A_SESSION * (sessions.started + MAX_OPEN_SESSIONS),
  );
  atMost('errors', total(Object.values(profile.errors)), predictions + MAX_FAILED_CALLS);
  atMost('durations of one stage', Math.max(...profile.latency.map(sum)), calls);
  checkGroundTruths(profile);
  checkWeight(profile);
}

function checkSessions({ sessions: { started, degraded, failed }, golden }: Profile): void {
  atMost('sessions', started, MAX_SESSIONS);
  atMost('golden trials', golden.passed + golden.failed, MAX_SESSIONS);
  atMost('sessions that went wrong', Math.max(degraded, failed), started + MAX_OPEN_SESSIONS);
}

function checkObservations({ predictions, features, labels, scores, values }: Profile): void {
  for (const [index, { bins, missing, invalid, below, above }] of features.entries()) {
    const binned = sum(bins);
    atMost(`observations of feature ${index}`, binned + missing + invalid, predictions);
    atMost(`values of feature ${index} out of range`, below + above, binned);
  }
  atMost('outputs', Math.max(sum(scores), sum(labels), sum(values)), predictions);
}

function checkGroundTruths({ predictions, values, confusion, regression }: Profile): void {
  if (regression.count > 0 && values.length === 0)
    throw implausible('it has true numbers, but its model predicts no numbers');
  atMost(
    'ground truths',
    regression.count + total(confusion.values()),
    predictions + MAX_REMEMBERED,
  );
  checkRegression(regression);
}

/** Cauchy–Schwarz inequality: (Σ|e|)² ≤ n Σe². Sums that violate it belong to no set of errors. */
function checkRegression({
  count,
  over,
  under,
  squaredError,
  truth,
  truthSquared,
}: RegressionSums): void {
  if (squaredError > count * MAX_SQUARED_STEPS || truthSquared > count * MAX_SQUARED_STEPS)
    throw implausible('its regression sums are larger than their count allows');
  if (
    (over + under) ** 2 > count * squaredError * (1 + 1e-9) ||
    truth ** 2 > count * truthSquared * (1 + 1e-9)
  )
    throw implausible('its regression sums contradict each other');
}

function checkWeight({
  key,
  predictions,
  sessions,
  golden,
  fallbacks,
  errors,
  confusion,
  regression,
}: Profile): void {
  const weight = 2 ** key.sampling;
  const { squaredError, truthSquared, count } = regression;
  const largest = Math.max(
    predictions,
    fallbacks,
    ...Object.values(sessions),
    ...Object.values(golden),
    ...Object.values(errors),
    largestOf(confusion.values()),
    count,
  );
  if (largest * weight > MAX_WEIGHTED)
    throw implausible(`a count of ${largest} that stands for ${weight} times as many`);
  const squares = Math.max(squaredError, truthSquared);
  if (squares * weight > MAX_WEIGHTED_SQUARES)
    throw implausible(`a sum of squares of ${squares} that stands for ${weight} times as much`);
}

function atMost(what: string, count: number, limit: number): void {
  if (count > limit) throw implausible(`${count} ${what}, where at most ${limit} are possible`);
}

/** A loop, because Math.max() takes no more than some 100,000 arguments. */
function largestOf(counts: Iterable<number>): number {
  let largest = 0;
  for (const count of counts) largest = Math.max(largest, count);
  return largest;
}

function total(counts: Iterable<number>): number {
  let all = 0;
  for (const count of counts) all += count;
  return all;
}

export function implausible(what: string): HttpError {
  return new HttpError(422, 'INVALID_INPUT', `The profile cannot be right: ${what}.`);
}
