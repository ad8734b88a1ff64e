import { ProfileError } from '../error.ts';
import { LATENCY_BUCKETS } from '../profile/latency.ts';
import {
  isErrorCode,
  MAX_BINS,
  MAX_CELLS,
  MAX_ERROR_CODES,
  MAX_FEATURES,
  MAX_GROUP,
  MAX_HOUR,
  MAX_LABELS,
  MAX_PRIVACY,
  MAX_SAMPLING,
} from '../limits.ts';
import { NO_REGRESSION } from '../profile/empty.ts';
import { STAGES } from '../profile/profile.ts';
import type { FeatureCounts, Profile, RegressionSums } from '../profile/profile.ts';
import { SCORE_BINS } from '../reference/reference-profile.ts';
import { createReader, createWriter } from './bytes.ts';
import type { ByteReader, Writer } from './bytes.ts';
import { createCountReader, writeHistogram } from './histogram.ts';
import type { CountReader } from './histogram.ts';

const FORMAT = 3;
/** Earlier versions of the SDK write this format. It lacks `failedDevices`. */
const OLD_FORMAT = 2;

/**
 * Encodes a profile. Equal profiles give equal bytes.
 * @throws ProfileError INVALID_INPUT for a key or count that no decoder accepts
 * @example
 * ```ts
 * const bytes = encodeProfile(counters.snapshot(key));
 * ```
 */
export function encodeProfile(profile: Profile): Uint8Array<ArrayBuffer> {
  const { key, sessions, golden } = profile;
  const writer = createWriter();
  writer.byte(FORMAT);
  for (const text of [key.model, key.version, key.reference, key.backend, key.browser, key.segment])
    writer.text(text);
  for (const [what, value, max] of [
    ['sampling exponent', key.sampling, MAX_SAMPLING],
    ['privacy', key.privacy, MAX_PRIVACY],
    ['group', key.group, MAX_GROUP],
  ] as const) {
    if (!(value <= max))
      throw new ProfileError(
        'INVALID_INPUT',
        `The ${what} of a profile is 0–${max}; got ${value}.`,
      );
    writer.varint(value);
  }
  const { devices, predictions, fallbacks, features } = profile;
  for (const count of [
    key.hour,
    devices,
    predictions,
    fallbacks,
    sessions.started,
    sessions.degraded,
    sessions.failed,
    golden.passed,
    golden.failed,
    features.length,
  ])
    writer.varint(count);
  for (const feature of features) writeFeature(writer, feature);
  for (const histogram of [profile.labels, profile.scores, profile.values, ...profile.latency])
    writeHistogram(writer, histogram);
  writeCells(writer, profile.confusion);
  writeRegression(writer, profile.regression);
  const errors = Object.entries(profile.errors).toSorted(([a], [b]) => (a < b ? -1 : 1));
  writer.varint(errors.length);
  for (const [code, count] of errors) {
    writer.text(code);
    writer.varint(count);
  }
  writer.varint(profile.failedDevices);
  return writer.finish();
}

/**
 * Decodes a profile.
 * @throws ProfileError WRONG_CONTENT unless the bytes are one complete, well-formed profile within
 * the bounds of limits.ts
 * @example
 * ```ts
 * const { key, predictions } = decodeProfile(bytes);
 * ```
 */
export function decodeProfile(bytes: Uint8Array): Profile {
  return readProfile(
    bytes,
    createCountReader({ maxCells: MAX_CELLS, maxCount: Number.MAX_SAFE_INTEGER }),
  );
}

/** Decodes one of several profiles that share bounds. */
export function readProfile(bytes: Uint8Array, counts: CountReader): Profile {
  const reader = createReader(bytes, 'profile');
  const format = reader.byte();
  if (format < OLD_FORMAT || format > FORMAT)
    throw wrong(`it has format ${format}, not ${OLD_FORMAT} or ${FORMAT}`);
  const key = {
    model: reader.text(),
    version: reader.text(),
    reference: reader.text(),
    backend: reader.text(),
    browser: reader.text(),
    segment: reader.text(),
    sampling: reader.varint(MAX_SAMPLING),
    privacy: reader.varint(MAX_PRIVACY),
    group: reader.varint(MAX_GROUP),
    hour: reader.varint(MAX_HOUR),
  };
  const devices = counts.count(reader);
  const predictions = counts.count(reader);
  const fallbacks = counts.count(reader);
  const sessions = {
    started: counts.count(reader),
    degraded: counts.count(reader),
    failed: counts.count(reader),
  };
  const golden = { passed: counts.count(reader), failed: counts.count(reader) };
  const features = Array.from({ length: reader.varint(MAX_FEATURES) }, () =>
    readFeature(reader, counts),
  );
  const labels = counts.histogram(reader, MAX_LABELS);
  const scores = counts.histogram(reader, SCORE_BINS);
  const values = counts.histogram(reader, MAX_BINS);
  const latency = STAGES.map(() => counts.histogram(reader, LATENCY_BUCKETS));
  const confusion = readCells(reader, counts, labels.length ** 2);
  const regression = readRegression(reader, counts);
  if (scores.length !== (labels.length > 0 ? SCORE_BINS : 0))
    throw wrong(`it has ${scores.length} score bins for ${labels.length} labels`);
  if (latency.some(({ length }) => length !== LATENCY_BUCKETS))
    throw wrong(`a latency histogram has not ${LATENCY_BUCKETS} buckets`);
  const errors = readErrors(reader, counts);
  // Estimate it for the old format: the number of failed sessions, but no more than devices.
  const failedDevices =
    format === OLD_FORMAT ? Math.min(devices, sessions.failed) : counts.count(reader);
  reader.end();
  return {
    key,
    devices,
    failedDevices,
    predictions,
    fallbacks,
    sessions,
    golden,
    features,
    labels,
    scores,
    values,
    latency,
    errors,
    confusion,
    regression,
  };
}

/** Writes the cells in order, each as its distance from the one before. */
function writeCells(writer: Writer, cells: Profile['confusion']): void {
  writer.varint(cells.size);
  let next = 0;
  for (const [cell, count] of [...cells].toSorted(([a], [b]) => a - b)) {
    writer.varint(cell - next);
    writer.varint(count);
    next = cell + 1;
  }
}

function readCells(reader: ByteReader, counts: CountReader, size: number): Map<number, number> {
  const cells = new Map<number, number>();
  let next = 0;
  for (let left = counts.room(reader.varint(size)); left > 0; left -= 1) {
    const cell = next + reader.varint(size - next - 1);
    const count = counts.count(reader);
    if (count === 0) throw wrong('it has a confusion cell without a count');
    cells.set(cell, count);
    next = cell + 1;
  }
  return cells;
}

const SUMS = ['over', 'under', 'squaredError', 'truth', 'truthSquared'] as const;

/** Writes only a zero count if there is no feedback, as in nearly every profile. */
function writeRegression(writer: Writer, regression: RegressionSums): void {
  writer.varint(regression.count);
  if (regression.count > 0) for (const name of SUMS) writer.varint(regression[name]);
}

function readRegression(reader: ByteReader, counts: CountReader): RegressionSums {
  const count = counts.count(reader);
  if (count === 0) return NO_REGRESSION;
  return {
    count,
    ...Object.fromEntries(SUMS.map((name) => [name, counts.sum(reader)])),
  } as RegressionSums;
}

function writeFeature(
  writer: Writer,
  { bins, missing, invalid, below, above }: FeatureCounts,
): void {
  writeHistogram(writer, bins);
  for (const count of [missing, invalid, below, above]) writer.varint(count);
}

function readFeature(reader: ByteReader, counts: CountReader): FeatureCounts {
  const bins = counts.histogram(reader, MAX_BINS);
  return {
    bins,
    missing: counts.count(reader),
    invalid: counts.count(reader),
    below: counts.count(reader),
    above: counts.count(reader),
  };
}

function readErrors(reader: ByteReader, counts: CountReader): Record<string, number> {
  const entries = Array.from({ length: reader.varint(MAX_ERROR_CODES) }, (): [string, number] => [
    reader.text(),
    counts.count(reader),
  ]);
  // A code like "__proto__" must become a key, not a prototype. A duplicate code would lose its
  // first count.
  if (entries.some(([code], i) => !isErrorCode(code) || code <= (entries[i - 1]?.[0] ?? '')))
    throw wrong('its error codes are not words in capitals, in order');
  return Object.fromEntries(entries);
}

function wrong(why: string): ProfileError {
  return new ProfileError('WRONG_CONTENT', `The profile is not readable: ${why}.`);
}
