import type { ErrorCode, PerigeeError } from '../../error.ts';
import type { EarlyWorker } from '../backends/open-worker.ts';
import type { MainBundle } from '../main-bundle.ts';
import type { PerigeeState, Updater } from '../perigee-state.ts';
import type { ModelFacts } from '../../rpc/inference-api.ts';
import type { StoreLocation } from '../../rpc/protocol.ts';
import type { Candidate, NotKept } from '../../rpc/updater-api.ts';
import type { Installed } from '../../updater/install.ts';
import { markStored, reportEviction } from './eviction-marker.ts';
import { isStale } from './is-stale.ts';
import { heldUntil } from './hold-answers.ts';
import type { Load, LoadedVersion } from './open-version.ts';
import { backendsOf, endEarly, prepareEarly, startEarly } from './start-early.ts';
import { takeBackWhenLeft, watchFirst, watchStart } from './watch-start.ts';

/** Caller errors; do not fall back to the version on this device. */
const CALLERS: ReadonlySet<ErrorCode | undefined> = new Set<ErrorCode>([
  'INVALID_INPUT',
  'INVALID_CONFIG',
  'DISPOSED',
]);
/**
 * Errors that need no report after a fall-back. NETWORK: the device is offline. ROLLED_BACK: the
 * app rolled back the newest version, so the version on this device is the right one.
 */
const EXPECTED: ReadonlySet<ErrorCode | undefined> = new Set<ErrorCode>(['NETWORK', 'ROLLED_BACK']);
let tasks = 0;

/**
 * Strategy `latest`: loads the newest version. If it cannot be loaded (no network, no answer in
 * time, a faulty host or version), loads the version on this device.
 */
export async function openNewest(state: PerigeeState, load: Load): Promise<LoadedVersion> {
  const { codeOf, openLocal } = state.main;
  const { signal, latestTimeoutMs } = load.options;
  const timeout = latestTimeoutMs === undefined ? undefined : AbortSignal.timeout(latestTimeoutMs);
  const either = timeout && signal ? AbortSignal.any([timeout, signal]) : (timeout ?? signal);
  const options = { ...load.options, ...(either && { signal: either }) };
  try {
    return await openLatest(state, { ...load, options }, false);
  } catch (error) {
    signal?.throwIfAborted();
    if (CALLERS.has(codeOf(error))) throw error;
    const local = await openLocal(state, load);
    if (!local) throw error;
    if (isStale(state.main, error)) state.events.emit('metadatastale', { error });
    else if (!timeout?.aborted && !EXPECTED.has(codeOf(error)))
      state.inBackground(Promise.reject(error as Error));
    return local;
  }
}

/**
 * Installs the newest version and opens it in a worker whose runtime starts during the download.
 * The version becomes active once its golden samples pass here.
 * @param isAwaited whether nothing else answers, so that the worker starts before anything is known
 */
export async function openLatest(
  state: PerigeeState,
  load: Load,
  isAwaited = true,
): Promise<LoadedVersion> {
  const updater = await state.startedUpdater();
  reportEviction(state, load.ref, updater);
  const hinted = (await load.hint)?.worker;
  let early = hinted?.connection.ended === undefined ? hinted : undefined;
  if (isAwaited) early ??= startEarly(state, load.options, updater.store);
  // Room is made for the model before it opens, so the code for that arrives with the model.
  const { models, files } = state;
  const budget =
    models.size + files.models.size > 0 && import('../memory-budget.ts').catch(() => undefined);
  // Its code arrives with the version. Without the code, the mark of a trial stays, as after a crash.
  const listening = takeBackWhenLeft(state.runtime, updater).catch(() => undefined);
  let isInstalling = true;
  try {
    const installed = await install(state, load, updater, (facts) => {
      // The facts arrive on their own port, possibly after the end of the install. Nobody would end
      // the worker then.
      if (isInstalling) early = prepareEarly(state, load.options, updater.store, facts, early);
    }).finally(() => (isInstalling = false));
    // The model is in the updater's memory; read through it.
    if (installed.memoryOnlyReason !== null) updater.store = { kind: 'memory' };
    await budget;
    const opened = await openNew(state, load, updater, installed, { early, listening });
    state.toWatch.add(load.ref);
    if (installed.memoryOnlyReason !== null)
      reportNotKept(state, { code: 'QUOTA', reason: installed.memoryOnlyReason });
    return opened;
  } catch (error) {
    if (early) endEarly(state, early);
    // `openNew` may have stopped it already.
    void listening.then((stop) => stop?.());
    throw error;
  }
}

/** Parts that were started while the version was being fetched. */
interface Prepared {
  readonly early: EarlyWorker | undefined;
  /** Resolves to a function that stops listening for the end of the page. */
  readonly listening: Promise<(() => void) | undefined>;
}

/** Downloads and verifies the newest version. */
async function install(
  state: PerigeeState,
  { ref, options, progress }: Load,
  { connection }: Updater,
  onFacts: (facts: ModelFacts) => void,
): Promise<Installed> {
  const { signal } = options;
  signal?.throwIfAborted();
  const task = `install-${++tasks}`;
  const cancel = (): void => state.inBackground(connection.call('cancel', task));
  signal?.addEventListener('abort', cancel, { once: true });
  progress.phase('download');
  try {
    return await connection.call(
      'install',
      task,
      ref,
      backendsOf(state.runtime, options),
      state.main.proxy((loaded: number, total: number, facts?: ModelFacts) => {
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

/**
 * Opens a verified version and activates it if its golden samples pass here. The first version of a
 * model answers before it is stored, and becomes active behind that.
 */
async function openNew(
  state: PerigeeState,
  { options, progress }: Load,
  updater: Updater,
  { candidate, files, memoryOnlyReason, isStored }: Installed,
  { early, listening }: Prepared,
): Promise<LoadedVersion> {
  const { connection } = updater;
  progress.phase('compile');
  const begun = connection.call('beginTrial', candidate);
  begun.catch(() => undefined);
  const stop = await listening;
  let opened: LoadedVersion | undefined;
  try {
    await begun;
    opened = await state.main.openVersion(state, updater, candidate, options, {
      isNew: true,
      early,
      files,
    });
    if (!isStored) {
      const activated = activateLater(state, updater, candidate, opened).finally(stop);
      state.inBackground(activated);
      return { ...opened, guard: heldUntil(activated) };
    }
    const { previous } = await connection.call('activate', candidate);
    if (memoryOnlyReason === null) markStored();
    // The first version of a model is not on probation: there is none to fall back to.
    return previous
      ? {
          ...opened,
          guard: watchFirst(watchStart(state, updater, candidate)),
          onProbation: true,
        }
      : opened;
  } catch (error) {
    opened?.worker.connection.end(new state.main.PerigeeError('DISPOSED', 'The load failed.'));
    if (isFaultOfVersion(state.main, error)) {
      const code = options.telemetry === false ? null : error.code;
      await connection.call('reject', candidate, error.message, code);
    }
    // An install before its whole files were checked has not logged what is wrong with them.
    if (!isStored && state.main.codeOf(error) === 'INTEGRITY')
      await logFault(connection, candidate, error);
    throw error;
  } finally {
    // The activation of a version that is not stored ends its trial.
    if (isStored || !opened) await connection.call('endTrial', candidate).finally(stop);
  }
}

/** Activates a version that answers already, once the store has it. */
async function activateLater(
  state: PerigeeState,
  updater: Updater,
  candidate: Candidate,
  { request }: LoadedVersion,
): Promise<void> {
  const { memoryOnlyReason: reason, memoryOnlyCode: code } = await updater.connection.call(
    'activate',
    candidate,
  );
  if (reason === null || code === null) return markStored();
  updater.store = { kind: 'memory' };
  // Later workers of the model read it there too.
  (request.recipe as { store: StoreLocation | null }).store = updater.store;
  reportNotKept(state, { code, reason });
}

function reportNotKept(
  { events, main: { PerigeeError } }: PerigeeState,
  { code, reason }: NotKept,
): void {
  events.emit('error', { error: new PerigeeError(code, reason, { details: { kept: false } }) });
}

async function logFault(
  connection: Updater['connection'],
  { model, version, variant }: Candidate,
  fault: unknown,
): Promise<void> {
  const reason = fault instanceof Error ? fault.message : String(fault);
  await connection.call('noteAudit', { event: 'verify.fail', model, version, variant, reason });
}

function isFaultOfVersion({ codeOf }: MainBundle, error: unknown): error is PerigeeError {
  const code = codeOf(error);
  return code === 'GOLDEN_MISMATCH' || code === 'INVALID_MANIFEST';
}
