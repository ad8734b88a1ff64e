import { parseReference, referenceId } from '@perigee/profile';
import type { Reference } from '@perigee/collector/analysis';
import type { Fault, Knob } from './protocol.ts';

export const MODEL = 'digits';
export const CHANNEL = 'stable';
export const FIRST_VERSION = '1.0.0';
/** The variant that all devices take; tolerances may differ by variant. */
export const VARIANT = 'fp32';

/** A version of the simulated model. */
export interface Release {
  readonly version: string;
  /** Null: it is as good as the first version. */
  readonly fault: Fault | null;
  /** Changes of the world that it was trained on. */
  readonly knows: ReadonlySet<Knob>;
  readonly reference: Reference;
  readonly bytes: DownloadBytes;
}

/** Bytes that a device downloads for a version. */
export interface DownloadBytes {
  /** With nothing on the device. */
  readonly full: number;
  /** With the version before on the device. */
  readonly delta: number;
}

/** Shares of calls and factors by which a fault shows. */
export const HARM = {
  /** Share of calls that throw. */
  throws: 0.06,
  /** Factor of the latency. */
  slower: 3,
  /** Share of right answers that become wrong. */
  wrong: 0.12,
  /** Error of the outputs for golden samples, in their own unit. */
  goldenError: 0.4,
} as const;

/**
 * The reference of a real release, with a calibration. The release has none, because nobody labelled
 * its reference rows. Answers of the simulated model are right as often as its score says.
 */
export async function simulatedReference(text: string): Promise<Reference> {
  const profile = parseReference(new TextEncoder().encode(text));
  const scores = profile.output?.scoreCounts ?? [];
  const probabilities = scores.map((_, i) => (i + 0.5) / scores.length);
  const right = scores.reduce((sum, count, i) => sum + count * (probabilities[i] ?? 0), 0);
  const calibration = { probabilities, rows: profile.rows, accuracy: right / profile.rows };
  return readReference(JSON.stringify({ ...profile, output: { ...profile.output, calibration } }));
}

/** A reference, and its id. */
export async function readReference(text: string): Promise<Reference> {
  const bytes = new TextEncoder().encode(text);
  return { id: await referenceId(bytes), profile: parseReference(bytes) };
}

/** The version after this one, a minor step: 1.1.0 → 1.2.0. */
export function nextVersion(version: string): string {
  const [major = '1', minor = '0'] = version.split('.');
  return `${major}.${Number(minor) + 1}.0`;
}
