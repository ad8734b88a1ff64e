import type { PerigeeConfig } from './config.ts';
import type { Finding } from './doctor/finding.ts';
import type { StoreLent } from './lend-store.ts';
import { listModels } from './list-models.ts';
import type { Availability, ListedModel, StorageReport, StoredFault } from './model-types.ts';
import type { ModelHandle } from './model.ts';
import type { BufferPool } from './rpc/buffer-pool.ts';
import type { Connection } from './rpc/connect.ts';
import type { TelemetryStatus, UpdaterApi } from './rpc/protocol.ts';
import { flushTelemetry, recordAll } from './send-telemetry.ts';
import type { AuditEntry } from './updater/audit.ts';
import { repair as repairVersions } from './versions.ts';
import type { VersionContext } from './versions.ts';

/** The methods of a Perigee, but for loading. They come with the first call of one of them. */

/** What a Perigee lends to these. */
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

/** A release may have variants for the GPU only, which load() takes when that backend is asked for. */
export async function availability(
  { ask, runtime }: ToolContext,
  ref: string,
): Promise<Availability> {
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

/** Asked of the page: workers cannot. */
export async function persist(_context: ToolContext): Promise<boolean> {
  return (await globalThis.navigator?.storage?.persist?.()) ?? false;
}

export function remove({ ask }: ToolContext, model: string): Promise<void> {
  return ask('remove', model);
}

export function audit({ ask }: ToolContext): Promise<AuditLog> {
  return ask('auditLog');
}

export function pin({ ask }: ToolContext, ref: string, version: string | null): Promise<void> {
  return ask('pin', ref, version);
}

export function status({ ask }: ToolContext): Promise<TelemetryStatus> {
  return ask('telemetryStatus');
}

export function flush(context: ToolContext): Promise<TelemetryStatus> {
  return flushTelemetry(context, true);
}

export async function setConsent(context: ToolContext, given: boolean): Promise<void> {
  await context.ask('setConsent', given);
  // What was counted so far is dropped; what comes now counts.
  await recordAll(context);
}

export async function preview(context: ToolContext): Promise<unknown> {
  await recordAll(context);
  return context.ask('previewTelemetry');
}
