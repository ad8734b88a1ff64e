import { ProfileError } from '../error.ts';
import { LATENCY_BUCKETS } from '../counters/latency.ts';
import { MAX_BINS, MAX_ERROR_CODES, MAX_FEATURES, MAX_LABELS, MAX_TEXT_BYTES } from '../limits.ts';
import { STAGES } from '../profile/profile.ts';
import type { FeatureCounts, Profile } from '../profile/profile.ts';
import { SCORE_BINS } from '../reference/reference-profile.ts';
import { createReader, createWriter } from './bytes.ts';
import type { ByteReader, Writer } from './bytes.ts';
import { readHistogram, writeHistogram } from './histogram.ts';

const FORMAT = 1;
const MAX_HOUR = 10_000_000;

/** A profile as bytes; equal profiles give equal bytes. */
export function encodeProfile(profile: Profile): Uint8Array<ArrayBuffer> {
  const { key } = profile;
  const writer = createWriter();
  writer.byte(FORMAT);
  for (const text of [key.model, key.version, key.reference, key.backend]) writer.text(text);
  writer.byte(key.group);
  writer.varint(key.hour);
  writer.varint(profile.devices);
  writer.varint(profile.predictions);
  writer.varint(profile.fallbacks);
  writer.varint(profile.features.length);
  for (const feature of profile.features) writeFeature(writer, feature);
  for (const histogram of [profile.labels, profile.scores, ...profile.latency, profile.confusion]) writeHistogram(writer, histogram);
  const errors = Object.entries(profile.errors).toSorted(([a], [b]) => (a < b ? -1 : 1));
  writer.varint(errors.length);
  for (const [code, count] of errors) {
    writer.text(code);
    writer.varint(count);
  }
  return writer.finish();
}

/** @throws ProfileError WRONG_CONTENT for anything but a whole, well-formed profile within the bounds of limits.ts */
export function decodeProfile(bytes: Uint8Array): Profile {
  const reader = createReader(bytes, 'profile');
  const format = reader.byte();
  if (format !== FORMAT) throw wrong(`it has format ${format}; this version reads ${FORMAT}`);
  const text = (): string => reader.text(MAX_TEXT_BYTES);
  const key = { model: text(), version: text(), reference: text(), backend: text(), group: reader.byte(), hour: reader.varint(MAX_HOUR) };
  if (key.group > 15) throw wrong(`group ${key.group} is not 0–15`);
  const devices = reader.varint();
  const predictions = reader.varint();
  const fallbacks = reader.varint();
  const features = Array.from({ length: reader.varint(MAX_FEATURES) }, () => readFeature(reader));
  const labels = readHistogram(reader, MAX_LABELS);
  const scores = readHistogram(reader, SCORE_BINS);
  const latency = STAGES.map(() => readHistogram(reader, LATENCY_BUCKETS));
  const confusion = readHistogram(reader, MAX_LABELS * MAX_LABELS);
  if (confusion.length !== labels.length ** 2) throw wrong(`it has ${confusion.length} confusion cells for ${labels.length} labels`);
  if (latency.some((histogram) => histogram.length !== LATENCY_BUCKETS)) throw wrong(`a latency histogram has not ${LATENCY_BUCKETS} buckets`);
  const errors = readErrors(reader);
  reader.end();
  return { key, devices, predictions, fallbacks, features, labels, scores, latency, errors, confusion };
}

function writeFeature(writer: Writer, { bins, missing, invalid, below, above }: FeatureCounts): void {
  writeHistogram(writer, bins);
  for (const count of [missing, invalid, below, above]) writer.varint(count);
}

function readFeature(reader: ByteReader): FeatureCounts {
  const bins = readHistogram(reader, MAX_BINS);
  return { bins, missing: reader.varint(), invalid: reader.varint(), below: reader.varint(), above: reader.varint() };
}

function readErrors(reader: ByteReader): Record<string, number> {
  const entries = Array.from({ length: reader.varint(MAX_ERROR_CODES) }, (): [string, number] => [reader.text(MAX_TEXT_BYTES), reader.varint()]);
  // A code like "__proto__" must become a key, not a prototype.
  if (entries.some(([code]) => !/^[A-Z][A-Z0-9_]*$/.test(code))) throw wrong('an error code is not in capital letters');
  return Object.fromEntries(entries);
}

function wrong(why: string): ProfileError {
  return new ProfileError('WRONG_CONTENT', `The profile is not readable: ${why}.`);
}
