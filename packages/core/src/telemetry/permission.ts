import type { TelemetryConfig } from '../config.ts';
import { PerigeeError } from '../error.ts';
import type { ModelStore } from '../store/store.ts';

const CONSENT = 'telemetry:consent';
/** When the user's decision last changed. */
const CHANGED = 'telemetry:consent-changed';
/** The day of the last observation under local privacy, by model. */
export const PRIVATE_DAY = 'telemetry:private:';
const SECRET = 'telemetry:secret';
const MAX_EXPONENT = 20;

/**
 * Checks the values of telemetry options.
 * @throws PerigeeError INVALID_CONFIG
 */
export function checkTelemetry({
  sampling = 1,
  localPrivacy,
  segment = '',
}: TelemetryConfig): void {
  if (!(sampling > 0 && sampling <= 1))
    throw invalid('sampling', sampling, 'a share above 0 and at most 1');
  if (typeof segment !== 'string') throw invalid('segment', segment, 'a word the model declares');
  if (localPrivacy && !(localPrivacy.epsilon >= 0.1 && localPrivacy.epsilon <= 20))
    throw invalid('localPrivacy.epsilon', localPrivacy.epsilon, 'a number from 0.1 to 20');
}

function invalid(field: string, got: unknown, expected: string): PerigeeError {
  return new PerigeeError(
    'INVALID_CONFIG',
    `createPerigee(): telemetry.${field} is ${JSON.stringify(got)}; expected ${expected}.`,
  );
}

/**
 * Whether counting is allowed on this device now: not under Global Privacy Control, and not before
 * consent if the app requires it. Counts that are not allowed are not stored either.
 * @param sinceMs when the counting began, in milliseconds since 1970
 */
export async function mayCount(
  store: ModelStore,
  { consent }: TelemetryConfig,
  sinceMs = Date.now(),
): Promise<boolean> {
  if (objects()) return false;
  const given = await store.getValue(CONSENT);
  const changedMs = await store.getValue(CHANGED);
  // The user's decision does not cover counts from before it.
  if (typeof changedMs === 'number' && sinceMs < (await notAhead(store, changedMs))) return false;
  return consent === 'required' ? given === true : given !== false;
}

/**
 * Returns when the user decided. A time in the future came from a clock that was ahead: it is
 * replaced by now, and later counts come after it.
 */
async function notAhead(store: ModelStore, changedMs: number): Promise<number> {
  const now = Date.now();
  if (changedMs <= now) return changedMs;
  await store.putValue(CHANGED, now);
  return now;
}

function objects(): boolean {
  const { navigator } = globalThis as { navigator?: { readonly globalPrivacyControl?: boolean } };
  return navigator?.globalPrivacyControl === true;
}

/** The reason why nothing is counted; null when counting is allowed. */
export async function whyNotCounted(
  store: ModelStore,
  config: TelemetryConfig,
): Promise<'global-privacy-control' | 'consent' | null> {
  if (objects()) return 'global-privacy-control';
  return (await mayCount(store, config)) ? null : 'consent';
}

export async function setConsent(store: ModelStore, given: boolean): Promise<void> {
  if ((await store.getValue(CONSENT)) === given) return;
  await store.putValue(CHANGED, Date.now());
  await store.putValue(CONSENT, given);
}

/**
 * Deletes all telemetry data on this device, except the user's decision and the day of the last
 * observation under local privacy: without it, each withdrawal would allow another observation that
 * day.
 */
export async function forgetCounts(store: ModelStore): Promise<void> {
  for (const { batchId } of await store.listBatches()) await store.deleteBatch(batchId);
  for (const key of await store.listValues('telemetry:'))
    if (key !== CONSENT && key !== CHANGED && !key.startsWith(PRIVATE_DAY))
      await store.deleteValue(key);
}

/**
 * Returns k for the share 2^-k nearest to the configured one. Weights are powers of two, so that
 * sums remain integers.
 */
export function samplingExponent({ sampling = 1 }: TelemetryConfig): number {
  return Math.min(MAX_EXPONENT, Math.max(0, Math.round(-Math.log2(sampling))));
}

/**
 * Whether this device sends on this day. The draw is repeated each day from a secret that never
 * leaves the device, so that no device always sends.
 */
export async function isSampled(
  store: ModelStore,
  exponent: number,
  day: number,
): Promise<boolean> {
  if (exponent === 0) return true;
  let secret = await store.getValue(SECRET);
  if (!(secret instanceof Uint8Array)) {
    secret = crypto.getRandomValues(new Uint8Array(16));
    await store.putValue(SECRET, secret);
  }
  const text = new TextEncoder().encode(String(day));
  const message = new Uint8Array([...(secret as Uint8Array), ...text]);
  const digest = new DataView(await crypto.subtle.digest('SHA-256', message));
  return digest.getUint32(0) < 2 ** (32 - exponent);
}
