import type { proxy } from 'comlink';
import {
  CHECK_FOR_UPDATE,
  UPDATE,
  checkReason,
  checkSwitch,
  unlessAborted,
} from '../loading/check-arguments.ts';
import type { checkOptions } from '../loading/check-options.ts';
import type { BackendRequest } from '../backends/choose-backend.ts';
import { closeWorkers } from '../backends/close-workers.ts';
import type { LoadOptions, PerigeeEvents } from '../../config.ts';
import type { PerigeeError } from '../../error.ts';
import type { Emitter } from '../events.ts';
import type { LoadedVersion, ModelHandle, ModelVersions, VersionSwitch } from '../model.ts';
import type { StoredFault } from '../../model-types.ts';
import type {
  EarlyWorker,
  OpenExtras,
  optionsFor,
  startWorker,
  toWire,
} from '../backends/open-worker.ts';
import type { createProgress, ProgressReporter } from '../loading/progress.ts';
import type { Connection } from '../../rpc/connect.ts';
import type { StoreLocation } from '../../rpc/protocol.ts';
import type { Installed } from '../../updater/install.ts';
import type { ModelFacts } from '../../rpc/inference-api.ts';
import type { Candidate, LocalVersion, UpdaterApi } from '../../rpc/updater-api.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { startEarly } from './start-early.ts';
import { isLeaving, watchAnswers } from './watch-answers.ts';
import { takeBackWhenLeft, takeLeft, watchFirst, watchStart } from './watch-start.ts';

/**
 * Fetches, tries, activates, watches and leaves versions other than the one in use. Imported when
 * one of these happens.
 */

export interface Updater {
  readonly connection: Connection<UpdaterApi>;
  /** Identifies this page or process in the marks it writes to the store. */
  readonly page: string;
  /** The store that inference workers read from. */
  store: StoreLocation;
  /** Builds the request that opens a version. */
  requestFor(of: Named, options: LoadOptions): BackendRequest;
  /** Called on dispose(): writes and sends what would otherwise be lost. Takes at most 3 s. */
  leave(): Promise<void>;
}

type Named = Pick<Candidate, 'model' | 'version' | 'variant' | 'engine'>;
type Sized = Named & Pick<Candidate, 'sizeBytes'>;

/** Services that createPerigee() provides. */
export interface VersionContext {
  readonly runtime: Runtime;
  readonly events: Emitter<PerigeeEvents>;
  /** References whose next load is watched, whatever its update strategy. */
  readonly toWatch: Set<string>;
  startedUpdater(): Promise<Updater>;
  open(
    of: Sized,
    isNew: boolean,
    options: LoadOptions,
    updater: Updater,
    extras?: Pick<OpenExtras, 'early' | 'files'>,
  ): Promise<LoadedVersion>;
  openLocal(
    ref: string,
    options: LoadOptions,
    progress: ProgressReporter,
  ): Promise<LoadedVersion | undefined>;
  openStored(
    local: LocalVersion,
    ref: string,
    options: LoadOptions,
    progress: ProgressReporter,
    updater: Updater,
  ): Promise<LoadedVersion>;
  inBackground(work: Promise<unknown>): void;
  // Parts of the main bundle. If this file imported them, bundlers would split that bundle.
  readonly createProgress: typeof createProgress;
  readonly startWorker: typeof startWorker;
  readonly optionsFor: typeof optionsFor;
  readonly toWire: typeof toWire;
  readonly proxy: typeof proxy;
  readonly PerigeeError: typeof PerigeeError;
  readonly checkOptions: typeof checkOptions;
}

/** Caller errors; do not fall back to the version on this device. */
const CALLERS: ReadonlySet<string> = new Set(['INVALID_INPUT', 'INVALID_CONFIG', 'DISPOSED']);
const MARKER = 'perigee:stored';
let tasks = 0;

/**
 * Opens a version on probation and watches the opening and the first prediction. If too many starts
 * of this version took down their process or page, the previous version is opened instead.
 */
export async function openWatched(
  context: VersionContext,
  ref: string,
  local: LocalVersion,
  updater: Updater,
  opening: (of: LocalVersion) => Promise<LoadedVersion>,
): Promise<LoadedVersion> {
  const counted = await updater.connection.call(
    'countStarts',
    ref,
    local,
    context.runtime.onExit ? [] : takeLeft(),
  );
  if (counted && !counted.onProbation) return opening(counted);
  const guard = watchStart(context, updater, { ...local, ref });
  const opened = await guard(() => opening(local));
  context.toWatch.add(ref);
  return { ...opened, guard: watchFirst(guard) };
}

/**
 * Installs the newest version and opens it in a worker whose runtime starts during the download.
 * The version becomes active once its golden samples pass here.
 */
export async function openLatest(
  context: VersionContext,
  ref: string,
  options: LoadOptions,
  progress: ProgressReporter,
): Promise<LoadedVersion> {
  const started = await context.startedUpdater();
  noteEviction(context, ref, started);
  let early: EarlyWorker | undefined;
  let isInstalling = true;
  try {
    const installed = await install(context, started, ref, options, progress, (facts) => {
      // The facts arrive on their own port, possibly after the end of the install. Nobody would end
      // the worker then.
      if (!isInstalling) return;
      const request = started.requestFor(
        { model: '', version: '', variant: '', engine: facts.engine },
        options,
      );
      early ??= startEarly(context, request.recipe, request.wanted, facts);
    }).finally(() => (isInstalling = false));
    // The model is in the updater's memory; read through it.
    if (installed.memoryOnlyReason !== null) started.store = { kind: 'memory' };
    const opened = await activate(context, started, installed, early, options, progress);
    context.toWatch.add(ref);
    if (installed.memoryOnlyReason !== null)
      context.events.emit('error', {
        error: new context.PerigeeError('QUOTA', installed.memoryOnlyReason, {
          details: { kept: false },
        }),
      });
    return opened;
  } catch (error) {
    early?.connection.end(new context.PerigeeError('DISPOSED', 'The load failed.'));
    throw error;
  }
}

/**
 * Strategy `latest`: loads the newest version. If it cannot be loaded (no network, no answer in
 * time, a faulty host or version), loads the version on this device.
 */
export async function openNewest(
  context: VersionContext,
  ref: string,
  options: LoadOptions,
  progress: ProgressReporter,
): Promise<LoadedVersion> {
  const { signal, latestTimeoutMs } = options;
  const timeout = latestTimeoutMs === undefined ? undefined : AbortSignal.timeout(latestTimeoutMs);
  const either = timeout && signal ? AbortSignal.any([timeout, signal]) : (timeout ?? signal);
  try {
    return await openLatest(
      context,
      ref,
      { ...options, ...(either && { signal: either }) },
      progress,
    );
  } catch (error) {
    signal?.throwIfAborted();
    const local =
      error instanceof context.PerigeeError && CALLERS.has(error.code)
        ? undefined
        : await context.openLocal(ref, options, progress);
    if (!local) throw error;
    if (isStale(context, error)) context.events.emit('metadatastale', { error });
    else if (!timeout?.aborted && !isNetwork(context, error) && !isRolledBack(context, error))
      context.inBackground(Promise.reject(error as Error));
    return local;
  }
}

/**
 * Runs after a load has resolved: watches the version's answers and, if `update`, looks for a newer
 * version.
 */
export async function afterLoad(
  context: VersionContext,
  ref: string,
  model: ModelHandle,
  options: LoadOptions,
  update: boolean,
): Promise<void> {
  watchAnswers(context, ref, model);
  if (update) await updateInBackground(context, ref, model, options);
}

async function updateInBackground(
  context: VersionContext,
  ref: string,
  model: ModelHandle,
  options: LoadOptions,
): Promise<void> {
  // Do not download in the background while the user saves data.
  if (
    (globalThis.navigator as { connection?: { saveData?: boolean } } | undefined)?.connection
      ?.saveData
  )
    return;
  try {
    const started = await context.startedUpdater();
    const offered = await started.connection.call('check', ref, backendsOf(context, options));
    if (offered.isLeft || offered.version === model.version) return;
    const { version, worker } = await openLatest(
      context,
      ref,
      { ...options, signal: undefined as never },
      await context.createProgress(undefined),
    );
    worker.connection.end(new context.PerigeeError('DISPOSED', 'The trial is over.'));
    context.events.emit('updateready', { model: model.name, version });
  } catch (error) {
    // Being offline is no fault: the device has its model. Look again when the network is back.
    if (isStale(context, error)) context.events.emit('metadatastale', { error });
    else if (!isNetwork(context, error)) throw error;
    else await whenOnline(context, () => updateInBackground(context, ref, model, options));
  }
}

/** Runs the work once, when the network comes back. */
async function whenOnline(
  { runtime, inBackground }: VersionContext,
  work: () => Promise<void>,
): Promise<void> {
  const stop = await runtime.onLifecycle((signal) => {
    if (signal !== 'online') return;
    stop();
    inBackground(work());
  });
}

type UpdaterCheck = (
  of: LoadOptions,
  signal: AbortSignal | undefined,
) => ReturnType<UpdaterApi['check']>;

export function createModelVersions(
  context: VersionContext,
  ref: string,
  options: LoadOptions,
  { model, takeOver: takeOverWith, emit }: VersionSwitch,
): ModelVersions {
  const takeOver = (next: LoadedVersion): string => takeOverWith(next, closeWorkers);
  const current = (): string => model.version;
  const check: UpdaterCheck = async (of, signal) => {
    const { connection } = await context.startedUpdater();
    return unlessAborted(signal, connection.call('check', ref, backendsOf(context, of)));
  };
  return {
    async checkForUpdate(given = {}) {
      context.checkOptions('checkForUpdate()', given, CHECK_FOR_UPDATE);
      const { version, reason, downloadBytes, isLeft } = await check(options, given.signal);
      return {
        available: !isLeft && version !== current(),
        current: current(),
        latest: version,
        reason,
        downloadBytes,
      };
    },
    async update(given = {}) {
      context.checkOptions('update()', given, UPDATE);
      const { signal, onProgress } = given;
      signal?.throwIfAborted();
      const progress = await context.createProgress(onProgress);
      const merged: LoadOptions = { ...options, ...(signal && { signal }) };
      const started = await context.startedUpdater();
      // A version that another tab or the background update activated needs no network.
      const local = await started.connection.call('local', ref);
      const ready = local && local.version !== current() ? local : undefined;
      const offered = ready ? undefined : await check(merged, signal);
      if (ready) takeOver(await context.openStored(ready, ref, merged, progress, started));
      else if (offered && !offered.isLeft && offered.version !== current())
        takeOver(await openLatest(context, ref, merged, progress));
      watchAnswers(context, ref, model);
      progress.phase('ready');
      return current();
    },
    async rollback(reason = 'the app asked for it') {
      checkReason(context, reason);
      const started = await context.startedUpdater();
      const from = current();
      const before = await started.connection.call('rollBack', ref, reason, isLeaving(model));
      if (!before)
        throw new context.PerigeeError(
          'MODEL_NOT_FOUND',
          `There is no version of "${model.name}" before ${from} on this device.`,
        );
      const to = takeOver(
        await context.openStored(
          before,
          ref,
          options,
          await context.createProgress(undefined),
          started,
        ),
      );
      emit({ from, to, reason });
      return to;
    },
    async pin(on = true) {
      checkSwitch(context, 'pin()', on);
      return (await context.startedUpdater()).connection.call('pin', ref, on ? current() : null);
    },
  };
}

/** Downloads damaged parts again and returns the versions that are still damaged. */
export async function repair(context: VersionContext): Promise<StoredFault[]> {
  const { connection } = await context.startedUpdater();
  for (const { name, version, variant } of await connection.call('verifyStorage')) {
    const task = `repair-${++tasks}`;
    // The check after the loop reports versions that could not be repaired.
    await connection
      .call(
        'install',
        task,
        `${name}@${version}`,
        context.runtime.startBackends,
        context.proxy(() => undefined),
        variant,
      )
      .catch(() => undefined);
    await connection.call('cancel', task);
  }
  return connection.call('verifyStorage');
}

async function install(
  context: VersionContext,
  { connection }: Updater,
  ref: string,
  options: LoadOptions,
  progress: ProgressReporter,
  onFacts: (facts: ModelFacts) => void,
): Promise<Installed> {
  const { signal } = options;
  signal?.throwIfAborted();
  const task = `install-${++tasks}`;
  const cancel = (): void => context.inBackground(connection.call('cancel', task));
  signal?.addEventListener('abort', cancel, { once: true });
  progress.phase('download');
  try {
    return await connection.call(
      'install',
      task,
      ref,
      backendsOf(context, options),
      context.proxy((loaded: number, total: number, facts?: ModelFacts) => {
        progress.bytes(loaded, total);
        if (facts) onFacts(facts);
      }),
    );
  } catch (error) {
    throw signal?.aborted ? signal.reason : error;
  } finally {
    signal?.removeEventListener('abort', cancel);
  }
}

/** Opens a verified version and activates it if its golden samples pass here. */
async function activate(
  context: VersionContext,
  started: Updater,
  { candidate, files, memoryOnlyReason }: Installed,
  early: EarlyWorker | undefined,
  options: LoadOptions,
  progress: ProgressReporter,
): Promise<LoadedVersion> {
  const { connection } = started;
  progress.phase('compile');
  // Without the code that listens, the mark stays, as after a crash.
  const stop = await takeBackWhenLeft(context.runtime, started).catch(() => undefined);
  let opened: LoadedVersion | undefined;
  try {
    await connection.call('beginTrial', candidate);
    opened = await context.open(candidate, true, options, started, { early, files });
    const { previous } = await connection.call('activate', candidate);
    if (memoryOnlyReason === null) mark();
    // The first version of a model is not on probation: there is none to fall back to.
    return previous
      ? { ...opened, guard: watchFirst(watchStart(context, started, candidate)) }
      : opened;
  } catch (error) {
    opened?.worker.connection.end(new context.PerigeeError('DISPOSED', 'The load failed.'));
    if (
      error instanceof context.PerigeeError &&
      (error.code === 'GOLDEN_MISMATCH' || error.code === 'INVALID_MANIFEST')
    )
      await connection.call(
        'reject',
        candidate,
        error.message,
        options.telemetry === false ? null : error.code,
      );
    throw error;
  } finally {
    await connection.call('endTrial', candidate).finally(stop);
  }
}

/** The backends to choose a variant for; with `auto`, the safe backends that a model starts on. */
function backendsOf(
  { runtime }: VersionContext,
  { backend = 'auto' }: LoadOptions,
): readonly string[] {
  return backend === 'auto' ? runtime.startBackends : [backend];
}

/**
 * Reports an eviction. Browsers evict IndexedDB as a whole, so a mark in localStorage tells that a
 * model was stored here.
 */
function noteEviction(context: VersionContext, ref: string, { connection, store }: Updater): void {
  if (store.kind !== 'indexeddb') return;
  try {
    if (localStorage.getItem(MARKER) === null) return;
    localStorage.removeItem(MARKER);
  } catch {
    return;
  }
  context.inBackground(
    (async () => {
      const { models } = await connection.call('storage');
      if (models.some(({ state }) => state === 'active')) return mark();
      await connection.call('noteAudit', {
        event: 'evicted',
        reason: 'what was stored before is gone',
      });
      context.events.emit('evicted', { ref });
    })(),
  );
}

function mark(): void {
  try {
    localStorage.setItem(MARKER, '1');
  } catch {
    // localStorage is blocked or absent, so an eviction stays unnoticed.
  }
}

function isNetwork(context: VersionContext, error: unknown): boolean {
  return error instanceof context.PerigeeError && error.code === 'NETWORK';
}

/** The app rolled back the newest version, so the version on this device is the right one. */
function isRolledBack(context: VersionContext, error: unknown): boolean {
  return error instanceof context.PerigeeError && error.code === 'ROLLED_BACK';
}

function isStale(context: VersionContext, error: unknown): error is PerigeeError {
  return (
    error instanceof context.PerigeeError &&
    (error.code === 'EXPIRED' || error.code === 'UNTRUSTED')
  );
}
