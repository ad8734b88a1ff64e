import type { proxy } from 'comlink';
import {
  CHECK_FOR_UPDATE, UPDATE, checkReason, checkSwitch, unlessAborted,
} from './check-arguments.ts';
import type { checkOptions } from './check-options.ts';
import type { BackendRequest } from './choose-backend.ts';
import { closeWorkers } from './close-workers.ts';
import type { LoadOptions, PerigeeEvents } from './config.ts';
import type { PerigeeError } from './error.ts';
import type { Emitter } from './events.ts';
import type { LoadedVersion, ModelHandle, ModelVersions, VersionSwitch } from './model.ts';
import type { StoredFault } from './model-types.ts';
import type { EarlyWorker, OpenExtras, optionsFor, startWorker, toWire } from './open-worker.ts';
import type { createProgress, ProgressReporter } from './progress.ts';
import type { Connection } from './rpc/connect.ts';
import type { Candidate, Installed, LocalVersion, ModelFacts, StoreLocation, UpdaterApi } from './rpc/protocol.ts';
import type { Runtime } from './runtime/runtime.ts';
import { startEarly } from './start-early.ts';
import { isLeaving, watchAnswers } from './watch-answers.ts';
import { takeBackWhenLeft, takeLeft, watchFirst, watchStart } from './watch-start.ts';

/** Other versions than the one in use: fetching, trying, activating, watching and leaving them. Loaded when one of it happens. */

export interface Updater {
  readonly connection: Connection<UpdaterApi>;
  /** Names the page, or process, in what it leaves in the store. */
  readonly page: string;
  /** Where inference workers read from. */
  store: StoreLocation;
  /** How a version is opened. */
  requestFor(of: Named, options: LoadOptions): BackendRequest;
  /** The instance is disposed: writes and sends what nothing keeps. Takes a few seconds at most. */
  leave(): Promise<void>;
}

type Named = Pick<Candidate, 'model' | 'version' | 'variant' | 'engine'>;
type Sized = Named & Pick<Candidate, 'sizeBytes'>;

/** What a Perigee lends to this. */
export interface VersionContext {
  readonly runtime: Runtime;
  readonly events: Emitter<PerigeeEvents>;
  /** References whose next load is to be watched whatever its strategy. */
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
  // Of the page's main bundle: with imports of its own, bundlers would cut that bundle in two.
  readonly createProgress: typeof createProgress;
  readonly startWorker: typeof startWorker;
  readonly optionsFor: typeof optionsFor;
  readonly toWire: typeof toWire;
  readonly proxy: typeof proxy;
  readonly PerigeeError: typeof PerigeeError;
  readonly checkOptions: typeof checkOptions;
}

/** Faults of the call itself; what is here is no answer to those. */
const CALLERS: ReadonlySet<string> = new Set(['INVALID_INPUT', 'INVALID_CONFIG', 'DISPOSED']);
const MARKER = 'perigee:stored';
let tasks = 0;

/**
 * Opens a version on probation; its first prediction is watched like the opening. Where it has taken
 * down too many starts, the version before is opened instead.
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

/** Installs what is newest and opens it in a worker whose runtime starts while the bytes are fetched; active once its golden samples passed here. */
export async function openLatest(context: VersionContext, ref: string, options: LoadOptions, progress: ProgressReporter): Promise<LoadedVersion> {
  const started = await context.startedUpdater();
  noteEviction(context, ref, started);
  let early: EarlyWorker | undefined;
  let isInstalling = true;
  try {
    const installed = await install(context, started, ref, options, progress, (facts) => {
      // The facts come over their own port, so they may arrive after the end. Nobody would end the
      // worker then.
      if (!isInstalling) return;
      const request = started.requestFor({ model: '', version: '', variant: '', engine: facts.engine }, options);
      early ??= startEarly(context, request.recipe, request.wanted, facts);
    }).finally(() => (isInstalling = false));
    // From here on by the updater, which has what did not fit and what did.
    if (installed.notKept !== null) started.store = { kind: 'memory' };
    const opened = await activate(context, started, installed, early, options, progress);
    context.toWatch.add(ref);
    if (installed.notKept !== null) context.events.emit('error', { error: new context.PerigeeError('QUOTA', installed.notKept, { details: { kept: false } }) });
    return opened;
  } catch (error) {
    early?.connection.end(new context.PerigeeError('DISPOSED', 'The load failed.'));
    throw error;
  }
}

/** Strategy `latest`: the newest, or what is here when that cannot be had: no network, no answer in time, a host or a version with a fault. */
export async function openNewest(context: VersionContext, ref: string, options: LoadOptions, progress: ProgressReporter): Promise<LoadedVersion> {
  const { signal, latestTimeoutMs } = options;
  const timeout = latestTimeoutMs === undefined ? undefined : AbortSignal.timeout(latestTimeoutMs);
  const either = timeout && signal ? AbortSignal.any([timeout, signal]) : (timeout ?? signal);
  try {
    return await openLatest(context, ref, { ...options, ...(either && { signal: either }) }, progress);
  } catch (error) {
    signal?.throwIfAborted();
    const local = error instanceof context.PerigeeError && CALLERS.has(error.code) ? undefined : await context.openLocal(ref, options, progress);
    if (!local) throw error;
    if (isStale(context, error)) context.events.emit('metadatastale', { error });
    else if (!timeout?.aborted && !isNetwork(context, error) && !isRolledBack(context, error)) context.inBackground(Promise.reject(error as Error));
    return local;
  }
}

/** Once a load has resolved: hears what becomes of the version, and looks for a newer one when that is the strategy. */
export async function afterLoad(context: VersionContext, ref: string, model: ModelHandle, options: LoadOptions, update: boolean): Promise<void> {
  watchAnswers(context, ref, model);
  if (update) await updateInBackground(context, ref, model, options);
}

async function updateInBackground(context: VersionContext, ref: string, model: ModelHandle, options: LoadOptions): Promise<void> {
  // On a metered line nothing is fetched that nobody waits for.
  if ((globalThis.navigator as { connection?: { saveData?: boolean } } | undefined)?.connection?.saveData) return;
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
    // Offline is no fault of a device that has its model; neither is a version that was refused here before.
    if (isStale(context, error)) context.events.emit('metadatastale', { error });
    else if (!isNetwork(context, error)) throw error;
    else await whenOnline(context, () => updateInBackground(context, ref, model, options));
  }
}

/** Once, when the network comes back. */
async function whenOnline({ runtime, inBackground }: VersionContext, work: () => Promise<void>): Promise<void> {
  const stop = await runtime.onLifecycle((signal) => {
    if (signal !== 'online') return;
    stop();
    inBackground(work());
  });
}

type UpdaterCheck = (
  of: LoadOptions, signal: AbortSignal | undefined,
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
      // What another tab, or the background, has activated already needs no network.
      const local = await started.connection.call('local', ref);
      const ready = local && local.version !== current() ? local : undefined;
      const offered = ready ? undefined : await check(merged, signal);
      if (ready) takeOver(await context.openStored(ready, ref, merged, progress, started));
      else if (offered && !offered.isLeft && offered.version !== current()) takeOver(await openLatest(context, ref, merged, progress));
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

/** Fetches what is damaged anew. */
export async function repair(context: VersionContext): Promise<StoredFault[]> {
  const { connection } = await context.startedUpdater();
  for (const { name, version, variant } of await connection.call('verifyStorage')) {
    const task = `repair-${++tasks}`;
    // What cannot be fetched is told by the check that follows.
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

async function install(context: VersionContext, { connection }: Updater, ref: string, options: LoadOptions, progress: ProgressReporter, onFacts: (facts: ModelFacts) => void): Promise<Installed> {
  const { signal } = options;
  signal?.throwIfAborted();
  const task = `install-${++tasks}`;
  const cancel = (): void => context.inBackground(connection.call('cancel', task));
  signal?.addEventListener('abort', cancel, { once: true });
  progress.phase('download');
  try {
    return await connection.call('install', task, ref, backendsOf(context, options), context.proxy((loaded: number, total: number, facts?: ModelFacts) => {
      progress.bytes(loaded, total);
      if (facts) onFacts(facts);
    }));
  } catch (error) {
    throw signal?.aborted ? signal.reason : error;
  } finally {
    signal?.removeEventListener('abort', cancel);
  }
}

/** Makes a verified version the active one, if its golden samples pass here, and leaves it open. */
async function activate(context: VersionContext, started: Updater, { candidate, files, notKept }: Installed, early: EarlyWorker | undefined, options: LoadOptions, progress: ProgressReporter): Promise<LoadedVersion> {
  const { connection } = started;
  progress.phase('compile');
  const stop = await takeBackWhenLeft(context.runtime, started);
  let opened: LoadedVersion | undefined;
  try {
    await connection.call('beginTrial', candidate);
    opened = await context.open(candidate, true, options, started, { early, files });
    const { previous } = await connection.call('activate', candidate);
    if (notKept === null) mark();
    // Without a version before it, it is on no probation.
    return previous ? { ...opened, guard: watchFirst(watchStart(context, started, candidate)) } : opened;
  } catch (error) {
    opened?.worker.connection.end(new context.PerigeeError('DISPOSED', 'The load failed.'));
    if (error instanceof context.PerigeeError && (error.code === 'GOLDEN_MISMATCH' || error.code === 'INVALID_MANIFEST')) await connection.call('reject', candidate, error.message, options.telemetry === false ? null : error.code);
    throw error;
  } finally {
    await connection.call('endTrial', candidate).finally(stop);
  }
}

/** The safe ones: what starts must run on one of them. */
function backendsOf({ runtime }: VersionContext, { backend = 'auto' }: LoadOptions): readonly string[] {
  return backend === 'auto' ? runtime.startBackends : [backend];
}

/** A mark outside IndexedDB, which browsers evict whole: there was a model here, and now there is none. */
function noteEviction(context: VersionContext, ref: string, { connection, store }: Updater): void {
  if (store.kind !== 'indexeddb') return;
  try {
    if (localStorage.getItem(MARKER) === null) return;
    localStorage.removeItem(MARKER);
  } catch {
    return;
  }
  context.inBackground((async () => {
    const { models } = await connection.call('storage');
    if (models.some(({ state }) => state === 'active')) return mark();
    await connection.call('noteAudit', { event: 'evicted', reason: 'what was stored before is gone' });
    context.events.emit('evicted', { ref });
  })());
}

function mark(): void {
  try {
    localStorage.setItem(MARKER, '1');
  } catch {
    // Blocked, or not a browser: an eviction goes unnoticed.
  }
}

function isNetwork(context: VersionContext, error: unknown): boolean {
  return error instanceof context.PerigeeError && error.code === 'NETWORK';
}

/** The app went back from what is newest. That is no fault: what is here answers. */
function isRolledBack(context: VersionContext, error: unknown): boolean {
  return error instanceof context.PerigeeError && error.code === 'ROLLED_BACK';
}

function isStale(context: VersionContext, error: unknown): error is PerigeeError {
  return error instanceof context.PerigeeError && (error.code === 'EXPIRED' || error.code === 'UNTRUSTED');
}
