import type { TelemetryConfig } from '../config.ts';
import { PerigeeError } from '../error.ts';
import type { ModelStore } from '../store/store.ts';

const CONSENT = 'telemetry:consent';
/** When the user last said something else. */
const CHANGED = 'telemetry:consent-changed';
/** The day of the last observation under local privacy, by model. */
export const TOLD = 'telemetry:private:';
const SECRET = 'telemetry:secret';
const MAX_EXPONENT = 20;

/** @throws PerigeeError INVALID_CONFIG */
export function checkTelemetry({ sampling = 1, localPrivacy, segment = '' }: TelemetryConfig): void {
  if (!(sampling > 0 && sampling <= 1)) throw invalid('sampling', sampling, 'a share above 0 and at most 1');
  if (typeof segment !== 'string') throw invalid('segment', segment, 'a word the model declares');
  if (localPrivacy && !(localPrivacy.epsilon >= 0.1 && localPrivacy.epsilon <= 20)) throw invalid('localPrivacy.epsilon', localPrivacy.epsilon, 'a number from 0.1 to 20');
}

function invalid(field: string, got: unknown, expected: string): PerigeeError {
  return new PerigeeError('INVALID_CONFIG', `createPerigee(): telemetry.${field} is ${JSON.stringify(got)}; expected ${expected}.`);
}

/**
 * Whether anything may be counted on this device now: not where the browser says that its user objects (Global Privacy Control), and not before
 * consent where the app asks for it. What must not be counted is not kept either.
 * @param sinceMs when the counting began that this is about
 */
export async function mayCount(store: ModelStore, { consent }: TelemetryConfig, sinceMs = Date.now()): Promise<boolean> {
  if (objects()) return false;
  const given = await store.getValue(CONSENT);
  const changedMs = await store.getValue(CHANGED);
  // What was counted before the user was asked, or had said no, is not covered by what was said after.
  if (typeof changedMs === 'number' && sinceMs < (await notAhead(store, changedMs))) return false;
  return consent === 'required' ? given === true : given !== false;
}

/**
 * When the user said it. A time that is to come was taken from a clock that was ahead: then it was
 * before now, and what is counted from now on comes after it.
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
 * Everything telemetry has on this device, but for what the user said, and on which day something
 * was told under local privacy: else each withdrawal would allow one more observation that day.
 */
export async function forgetCounts(store: ModelStore): Promise<void> {
  for (const { batchId } of await store.listBatches()) await store.deleteBatch(batchId);
  for (const key of await store.listValues('telemetry:'))
    if (key !== CONSENT && key !== CHANGED && !key.startsWith(TOLD)) await store.deleteValue(key);
}

/** k for the share 2^-k that is nearest to what is asked for: weights are powers of two, so sums stay whole numbers. */
export function samplingExponent({ sampling = 1 }: TelemetryConfig): number {
  return Math.min(MAX_EXPONENT, Math.max(0, Math.round(-Math.log2(sampling))));
}

/** Whether this device is one of those that send on this day: drawn anew each day from a secret that never leaves it, so that no device is always one. */
export async function isSampled(store: ModelStore, exponent: number, day: number): Promise<boolean> {
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
