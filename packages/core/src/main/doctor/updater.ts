import type { RegistryCheck, TelemetryCheck } from '../../rpc/updater-api.ts';
import type { PerigeeState } from '../perigee-state.ts';
import type { Finding } from './finding.ts';
import { firstSentence } from './sentence.ts';

const ANSWER_MS = 8_000;
/** Clocks that are synchronised automatically differ by less. */
const CLOCK_MS = 10 * 60_000;

/** Checks the registry, its metadata, the clock, and the connection to the collector. */
export async function checkUpdater({ ask }: PerigeeState): Promise<readonly Finding[]> {
  const { registry, telemetry } = await ask('checkUp', ANSWER_MS);
  return [...(registry ? ofRegistry(registry) : []), ...(telemetry ? ofTelemetry(telemetry) : [])];
}

function ofRegistry({ base, fault, isStale, clockAheadMs }: RegistryCheck): Finding[] {
  const isClockWrong = Math.abs(clockAheadMs) > CLOCK_MS;
  const makesExpire = isClockWrong && clockAheadMs > 0 && fault?.code === 'EXPIRED';
  const findings = isClockWrong ? [ofClock(clockAheadMs, makesExpire)] : [];
  if (fault && !makesExpire) findings.push(ofFault(base, fault));
  if (isStale && fault?.code === 'NETWORK') {
    findings.push({
      id: 'metadata-stale',
      severity: 'warning',
      what: 'No newer version is taken; the models on this device go on answering.',
      why: 'The metadata on this device has expired, and cannot be renewed without the registry.',
      remedy: 'Connect the device to the registry once.',
    });
  }
  return findings;
}

function ofClock(aheadMs: number, makesExpire: boolean): Finding {
  return {
    id: 'clock-wrong',
    severity: makesExpire ? 'error' : 'warning',
    what: makesExpire
      ? "The registry's signatures count as expired, so no new version is taken."
      : "It is judged wrongly whether the registry's signatures have expired.",
    why: `The clock of this device is ${duration(aheadMs)} ${aheadMs > 0 ? 'ahead' : 'behind'}.`,
    remedy: "Set the device's clock.",
  };
}

function ofFault(base: string, { code, message }: NonNullable<RegistryCheck['fault']>): Finding {
  const why = firstSentence(message);
  switch (code) {
    case 'NETWORK':
      return unreachable(base, why);
    case 'EXPIRED':
      return {
        id: 'metadata-expired',
        severity: 'error',
        what: `No new version is taken from the registry ${base}.`,
        why,
        remedy: 'Sign the metadata again with "perigee resign", and do so regularly.',
      };
    case 'UNTRUSTED':
    case 'INTEGRITY':
      return {
        id: 'metadata-untrusted',
        severity: 'error',
        what: `No new version is taken from the registry ${base}, whose metadata does not verify.`,
        why,
        remedy: 'Check that trustedRoot is of this registry, and that no proxy changes files.',
      };
    case 'UNAUTHORIZED':
    case 'FORBIDDEN':
      return {
        id: 'registry-refused',
        severity: 'error',
        what: `The registry ${base} refuses this device.`,
        why,
        remedy: 'Give the option request what the host wants: headers, credentials or a fetch.',
      };
    default:
      return {
        id: 'registry-unusable',
        severity: 'error',
        what: `No model can be fetched from the registry ${base}.`,
        why,
        remedy: `Mend the cause; docs/errors.md has an entry for ${code}.`,
      };
  }
}

function unreachable(base: string, why: string): Finding {
  const isOffline = globalThis.navigator?.onLine === false;
  return {
    id: 'registry-unreachable',
    severity: 'warning',
    what: 'Only models that are on this device can be loaded.',
    why: isOffline ? 'This device is offline.' : why,
    remedy: isOffline
      ? 'Connect the device to the network.'
      : `Check the address ${base}, the network, the host's CORS headers, and connect-src.`,
  };
}

function ofTelemetry({ url, off, fault }: TelemetryCheck): Finding[] {
  if (off !== null) {
    const byUser = off === 'global-privacy-control';
    return [
      {
        id: 'telemetry-off',
        severity: 'info',
        what: 'Nothing is counted.',
        why: byUser
          ? 'The browser sends Global Privacy Control.'
          : 'The user has not agreed to it.',
        remedy: byUser
          ? "Leave it, because it is the user's choice."
          : 'Ask the user, and call perigee.telemetry.setConsent(true) when they agree.',
      },
    ];
  }
  if (fault === null) return [];
  return [
    {
      id: 'telemetry-unreachable',
      severity: 'warning',
      what: 'Counts are not sent; they wait on this device.',
      why: `The collector ${url} cannot take them: ${fault}.`,
      remedy: 'Check telemetry.url and .key, the network, the allowed origins, and connect-src.',
    },
  ];
}

function duration(ms: number): string {
  const minutes = Math.round(Math.abs(ms) / 60_000);
  if (minutes < 120) return `${minutes} minutes`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} hours` : `${Math.round(hours / 24)} days`;
}
