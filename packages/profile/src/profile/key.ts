import { MAX_GROUP, MAX_HOUR, MAX_PRIVACY, MAX_SAMPLING } from '../limits.ts';

/** Identifies what a profile counts. Two profiles merge only if all fields are equal. */
export interface ProfileKey {
  readonly model: string;
  readonly version: string;
  /**
   * First 16 hex digits of the SHA-256 of the reference profile's bytes; '' when the model has
   * none.
   */
  readonly reference: string;
  /** The backend that ran the kernels: 'wasm', 'webgpu', 'native', … */
  readonly backend: string;
  /**
   * The browser or runtime, without a version: 'chromium', 'firefox', 'webkit', 'node', 'deno',
   * 'bun', 'other'.
   */
  readonly browser: string;
  /** One of the words that the model's manifest declares; '' for none. */
  readonly segment: string;
  /** k: only one device in 2^k sends, so that each count stands for 2^k. 0 if all devices send. */
  readonly sampling: number;
  /** ε in tenths if the counts were randomised on the device; 0 if they are exact. */
  readonly privacy: number;
  /**
   * 0–15, stable per device. The statistical unit of the group jackknife; it does not identify a
   * device.
   */
  readonly group: number;
  /** UTC hour of the observations: floor(epoch ms / 3,600,000). */
  readonly hour: number;
}

/** The texts of a key, in the order in which they are written. */
export const KEY_TEXTS = [
  'model',
  'version',
  'reference',
  'backend',
  'browser',
  'segment',
] as const satisfies readonly (keyof ProfileKey)[];

/** The numbers of a key and their largest values, in the order in which they are written. */
export const KEY_NUMBERS = [
  ['sampling', MAX_SAMPLING],
  ['privacy', MAX_PRIVACY],
  ['group', MAX_GROUP],
  ['hour', MAX_HOUR],
] as const satisfies readonly (readonly [keyof ProfileKey, number])[];

/** Makes a key of the next texts and numbers of an encoding. `max`: the largest valid number. */
export function readKey(text: () => string, varint: (max: number) => number): ProfileKey {
  const key: Partial<Record<keyof ProfileKey, string | number>> = {};
  for (const name of KEY_TEXTS) key[name] = text();
  for (const [name, max] of KEY_NUMBERS) key[name] = varint(max);
  return key as ProfileKey;
}

const KEY_FIELDS = [...KEY_TEXTS, ...KEY_NUMBERS.map(([name]) => name)];

/**
 * A text for a key. Two texts are equal if and only if the keys are.
 * @example
 * ```ts
 * sums.set(keyText(profile.key), profile);
 * ```
 */
export function keyText(key: ProfileKey): string {
  return JSON.stringify(KEY_FIELDS.map((name) => key[name]));
}
