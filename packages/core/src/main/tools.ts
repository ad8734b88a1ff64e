import { checkSwitch, kindOf } from './loading/check-arguments.ts';
import type { Finding } from './doctor/finding.ts';
import { listModels } from './list-models.ts';
import type { Availability, ListedModel, StorageReport, StoredFault } from '../storage-types.ts';
import type { TelemetryStatus } from '../config.ts';
import type { PerigeeState } from './perigee-state.ts';
import { flushTelemetry, recordAll } from './send-telemetry.ts';
import type { AuditEntry } from '../updater/audit-entry.ts';
import { repair as repairVersions } from './versions/versions.ts';

/**
 * The methods of a Perigee, except load(). They are imported with the first call of one of them.
 */

export interface AuditLog {
  readonly entries: readonly AuditEntry[];
  readonly brokenAt: number | null;
}

/**
 * Says how load() would find a model. The GPU counts too: a release may have only GPU variants,
 * which load() takes when that backend is requested.
 */
export async function availability(state: PerigeeState, ref: string): Promise<Availability> {
  checkRef(state, 'availability()', ref);
  const { ask, runtime } = state;
  const { backends, missingImport } = await runtime.gpu();
  const onGpu = missingImport === undefined ? backends : [];
  return ask('availability', ref, [...runtime.startBackends, ...onGpu]);
}

export function models(state: PerigeeState): Promise<readonly ListedModel[]> {
  return listModels(state);
}

export async function doctor(state: PerigeeState): Promise<readonly Finding[]> {
  return (await import('./doctor/doctor.ts')).diagnose(state);
}

export function report({ ask }: PerigeeState): Promise<StorageReport> {
  return ask('storage');
}

export function verify({ ask }: PerigeeState): Promise<readonly StoredFault[]> {
  return ask('verifyStorage');
}

export function repair(state: PerigeeState): Promise<readonly StoredFault[]> {
  return repairVersions(state);
}

/** Asks the browser to keep the storage. Only a page can ask, not a worker. */
export async function persist(): Promise<boolean> {
  return (await globalThis.navigator?.storage?.persist?.()) ?? false;
}

export async function remove(state: PerigeeState, model: string): Promise<void> {
  checkRef(state, 'remove()', model);
  return state.ask('remove', model);
}

export function audit({ ask }: PerigeeState): Promise<AuditLog> {
  return ask('auditLog');
}

export async function pin(state: PerigeeState, ref: string, version: string | null): Promise<void> {
  checkRef(state, 'pin()', ref);
  if (version !== null && typeof version !== 'string') {
    throw new state.main.PerigeeError(
      'INVALID_INPUT',
      'pin() takes a whole version as text, such as "1.2.0", or null to follow the channel ' +
        `again; got ${kindOf(version)}.`,
    );
  }
  return state.ask('pin', ref, version);
}

export function status({ ask }: PerigeeState): Promise<TelemetryStatus> {
  return ask('telemetryStatus');
}

export function flush(state: PerigeeState): Promise<TelemetryStatus> {
  return flushTelemetry(state, true);
}

export async function setConsent(state: PerigeeState, given: boolean): Promise<void> {
  checkSwitch(state.main, 'setConsent()', given);
  await state.ask('setConsent', given);
  // Write the counters now: counts from before the consent are dropped, later ones are kept.
  await recordAll(state);
}

export async function preview(state: PerigeeState): Promise<unknown> {
  await recordAll(state);
  return state.ask('previewTelemetry');
}

function checkRef({ main }: PerigeeState, what: string, ref: unknown): void {
  if (typeof ref !== 'string')
    throw new main.PerigeeError(
      'INVALID_INPUT',
      `${what} takes the name of a model as text, such as "digits"; got ${kindOf(ref)}.`,
    );
}
