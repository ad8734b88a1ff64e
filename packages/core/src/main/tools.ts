import { checkSwitch, kindOf } from './loading/check-arguments.ts';
import type { PerigeeConfig } from '../config.ts';
import type { Finding } from './doctor/finding.ts';
import type { StoreLent } from './lend-store.ts';
import { listModels } from './list-models.ts';
import type { Availability, ListedModel, StorageReport, StoredFault } from '../model-types.ts';
import type { ModelHandle } from './model.ts';
import type { BufferPool } from '../rpc/buffer-pool.ts';
import type { Connection } from '../rpc/connect.ts';
import type { TelemetryStatus, UpdaterApi } from '../rpc/updater-api.ts';
import { flushTelemetry, recordAll } from './send-telemetry.ts';
import type { AuditEntry } from '../updater/audit.ts';
import { repair as repairVersions } from './versions/versions.ts';
import type { VersionContext } from './versions/versions.ts';

/**
 * The methods of a Perigee, except load(). They are imported with the first call of one of them.
 */

/** Services that createPerigee() provides to these methods. */
export interface ToolContext extends VersionContext, StoreLent {
  readonly config: PerigeeConfig;
  /** Loaded models and their references. */
  readonly models: ReadonlyMap<ModelHandle, string>;
  readonly ask: Connection<UpdaterApi>['call'];
  readonly buffers: BufferPool;
}

export interface AuditLog {
  readonly entries: readonly AuditEntry[];
  readonly brokenAt: number | null;
}

/**
 * Says how load() would find a model. The GPU counts too: a release may have only GPU variants,
 * which load() takes when that backend is requested.
 */
export async function availability(context: ToolContext, ref: string): Promise<Availability> {
  checkRef(context, 'availability()', ref);
  const { ask, runtime } = context;
  const { backends } = await runtime.gpu();
  return ask('availability', ref, [...runtime.startBackends, ...backends]);
}

export function models(context: ToolContext): Promise<readonly ListedModel[]> {
  return listModels(context);
}

export async function doctor(context: ToolContext): Promise<readonly Finding[]> {
  return (await import('./doctor/doctor.ts')).diagnose(context);
}

export function report({ ask }: ToolContext): Promise<StorageReport> {
  return ask('storage');
}

export function verify({ ask }: ToolContext): Promise<readonly StoredFault[]> {
  return ask('verifyStorage');
}

export function repair(context: ToolContext): Promise<readonly StoredFault[]> {
  return repairVersions(context);
}

/** Asks the browser to keep the storage. Only a page can ask, not a worker. */
export async function persist(_context: ToolContext): Promise<boolean> {
  return (await globalThis.navigator?.storage?.persist?.()) ?? false;
}

export async function remove(context: ToolContext, model: string): Promise<void> {
  checkRef(context, 'remove()', model);
  return context.ask('remove', model);
}

export function audit({ ask }: ToolContext): Promise<AuditLog> {
  return ask('auditLog');
}

export async function pin(
  context: ToolContext,
  ref: string,
  version: string | null,
): Promise<void> {
  checkRef(context, 'pin()', ref);
  if (version !== null && typeof version !== 'string') {
    throw new context.PerigeeError(
      'INVALID_INPUT',
      'pin() takes a whole version as text, such as "1.2.0", or null to follow the channel ' +
        `again; got ${kindOf(version)}.`,
    );
  }
  return context.ask('pin', ref, version);
}

export function status({ ask }: ToolContext): Promise<TelemetryStatus> {
  return ask('telemetryStatus');
}

export function flush(context: ToolContext): Promise<TelemetryStatus> {
  return flushTelemetry(context, true);
}

export async function setConsent(context: ToolContext, given: boolean): Promise<void> {
  checkSwitch(context, 'setConsent()', given);
  await context.ask('setConsent', given);
  // Write the counters now: counts from before the consent are dropped, later ones are kept.
  await recordAll(context);
}

export async function preview(context: ToolContext): Promise<unknown> {
  await recordAll(context);
  return context.ask('previewTelemetry');
}

function checkRef({ PerigeeError }: ToolContext, what: string, ref: unknown): void {
  if (typeof ref !== 'string')
    throw new PerigeeError(
      'INVALID_INPUT',
      `${what} takes the name of a model as text, such as "digits"; got ${kindOf(ref)}.`,
    );
}
