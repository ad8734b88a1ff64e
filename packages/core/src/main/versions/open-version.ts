import { openOnBackend } from '../backends/choose-backend.ts';
import type { BackendRequest, ChosenWorker } from '../backends/choose-backend.ts';
import { settingsOf } from '../backends/open-worker.ts';
import type { EarlyWorker, OpenRecipe, OpenWorkerOptions } from '../backends/open-worker.ts';
import type { LoadOptions, TelemetryConfig } from '../../config.ts';
import type { ProgressReporter } from '../loading/progress.ts';
import { openInRoom } from '../make-room.ts';
import type { Opening as InRoom } from '../memory-budget.ts';
import type { PerigeeState, Updater } from '../perigee-state.ts';
import type { Candidate, LocalVersion } from '../../rpc/updater-api.ts';

/** Opens versions that are on this device. `versions.ts` installs others, and uses this for it. */

/** A load by name. */
export interface Load {
  readonly ref: string;
  readonly options: LoadOptions;
  readonly progress: ProgressReporter;
  /** Absent for loads behind the first answer. */
  readonly hint?: Promise<EarlyStart | undefined>;
}

/** An early start of a worker, before the version was known. */
export interface EarlyStart {
  /** A worker with the runtime that the reference needed last time, if that is known. */
  readonly worker: EarlyWorker | undefined;
  /** The version, if it could be opened without the updater. */
  readonly alone: Promise<LoadedVersion | undefined> | undefined;
  /** Ends the worker if it was not used, and notes the runtime that was. */
  endOfLoad(loaded: LoadedVersion | undefined): void;
}

/** Identifies a version of a model and its files, and gives their size in bytes. */
export type VersionIdentity = Pick<
  Candidate,
  'model' | 'version' | 'variant' | 'engine' | 'sizeBytes'
>;

/** Options of one opening of a version. */
export interface Opening extends Pick<OpenWorkerOptions, 'early' | 'files'> {
  /** Whether it was just installed. Its golden samples must then pass. */
  readonly isNew: boolean;
}

/** One version of a model, opened in a worker, and the request that opened it. */
export interface LoadedVersion {
  readonly version: string;
  readonly variant: string;
  readonly worker: ChosenWorker;
  readonly request: BackendRequest;
  /** Wraps the calls of a version that is on probation or not active yet. */
  readonly guard?: Guard;
  readonly onProbation?: true;
}

/** Runs the work and observes how it ends. */
export type Guard = <T>(work: () => Promise<T>) => Promise<T>;

/** Opens the version on this device, if one answers for the reference. */
export async function openLocal(
  state: PerigeeState,
  load: Load,
): Promise<LoadedVersion | undefined> {
  // Without such a note the updater says which version to open, and starts at once.
  const needsNone = state.runtime.note?.(load.ref)?.includes('"alone":true');
  const alone = needsNone && (await (await load.hint)?.alone);
  if (alone) return alone;
  const updater = await state.startedUpdater();
  const local = await updater.connection.call('local', load.ref);
  return local ? openStored(state, load, updater, local) : undefined;
}

/** Opens a version that was activated before. A version on probation is watched meanwhile. */
export async function openStored(
  state: PerigeeState,
  load: Load,
  updater: Updater,
  local: LocalVersion,
): Promise<LoadedVersion> {
  load.progress.phase('compile');
  if (!local.onProbation)
    return openVersion(state, updater, local, load.options, {
      isNew: false,
      early: (await load.hint)?.worker,
    });
  const { openOnProbation } = await import('./versions.ts');
  return openOnProbation(state, load, updater, local);
}

/** Opens a version whose files are on this device. */
export async function openVersion(
  state: PerigeeState,
  updater: Updater,
  version: VersionIdentity,
  options: LoadOptions,
  { isNew, early, files }: Opening,
): Promise<LoadedVersion> {
  const request = requestFor(state, updater, version, options);
  const disposed = state.disposal.signal;
  const signal = options.signal ? AbortSignal.any([options.signal, disposed]) : disposed;
  const room: InRoom = { fileBytes: version.sizeBytes, signal, early };
  const worker = await openInRoom(state, room, () =>
    openOnBackend(request, isNew, { early, files: files ?? null, signal }),
  );
  room.worker = worker;
  return { version: version.version, variant: version.variant, request, worker };
}

/** Everything needed to open a version, on any backend and again. */
export function requestFor(
  { runtime, config, buffers, events, ask }: PerigeeState,
  { connection, store }: { readonly connection: OpenRecipe['updater'] } & Pick<Updater, 'store'>,
  { model, version, variant, engine, sizeBytes }: VersionIdentity,
  options: LoadOptions,
): BackendRequest {
  // A worker takes no function.
  const { fetch: _, ...counting } = config.telemetry ?? ({} as TelemetryConfig);
  return {
    runtime,
    recipe: {
      ...settingsOf(options, config),
      source: { kind: 'stored', model, version, variant, engine },
      fileBytes: sizeBytes,
      store,
      observe: options.telemetry ?? (config.telemetry ? counting : null),
      updater: connection,
      buffers,
    },
    wanted: options.backend ?? 'auto',
    memory: { ask, key: `backend:${model}@${version}/${variant}` },
    onFallback: (event) => events.emit('fallback', { model, ...event }),
  };
}
