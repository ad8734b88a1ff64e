import { proxy, transfer } from 'comlink';
import { runtime } from '#runtime';
import { openOnBackend } from './choose-backend.ts';
import { CONFIG, LOAD, TELEMETRY, checkOptions, invalid } from './check-options.ts';
import type { LoadOptions, PerigeeConfig, PerigeeEvents } from './config.ts';
import type { Finding } from './doctor/finding.ts';
import { PerigeeError } from './error.ts';
import { createEmitter } from './events.ts';
import { createModel } from './model.ts';
import type { Fit } from './memory-budget.ts';
import type { LoadedVersion, ModelHandle } from './model.ts';
import type { Availability, ListedModel, Model, StorageReport, StoredFault } from './model-types.ts';
import { optionsFor, startWorker, toWire } from './open-worker.ts';
import type { OpenExtras } from './open-worker.ts';
import { createProgress } from './progress.ts';
import type { ProgressReporter } from './progress.ts';
import { createBufferPool } from './rpc/buffer-pool.ts';
import { connect } from './rpc/connect.ts';
import type { Connection } from './rpc/connect.ts';
import type { Candidate, LocalVersion, TelemetryStatus, UpdaterApi } from './rpc/protocol.ts';
import type { AuditEntry } from './updater/audit.ts';
import type * as LazyTools from './tools.ts';
import type { ToolContext } from './tools.ts';
import type { Updater } from './versions.ts';

/** The methods as they are called: without the context that each has first. */
type Tools = {
  readonly [K in keyof typeof LazyTools]: (typeof LazyTools)[K] extends (
    context: ToolContext,
    ...args: infer A
  ) => infer R
    ? (...args: A) => R
    : never;
};

/** One registry, one store and one telemetry queue, shared by the models loaded from it. */
export interface Perigee {
  /** Loads `name` (channel "stable"), `name@channel` or `name@range`; from this device when it is there, else from the registry. */
  load(ref: string, options?: LoadOptions): Promise<Model>;
  /**
   * How `load(ref)` would find the model. Loads nothing; asks the registry only where no version on
   * this device answers and none is being fetched.
   */
  availability(ref: string): Promise<Availability>;
  /** The versions on this device, with what is loaded of each. */
  models(): Promise<readonly ListedModel[]>;
  /**
   * Lists what is degraded on this device and how to mend it, in one sentence each, the worst
   * first; empty when nothing is. It ends with or without network, within 30 seconds, mostly in one
   * or two.
   */
  doctor(): Promise<readonly Finding[]>;
  /** Deletes every version of a model from this device. One that is loaded goes on until its worker ends. */
  remove(model: string): Promise<void>;
  readonly storage: {
    report(): Promise<StorageReport>;
    /** Reads everything back and tells what is damaged; that is fetched anew when it is loaded, or by `repair`. */
    verify(): Promise<readonly StoredFault[]>;
    /** Fetches anew what is damaged. Resolves to what could not be mended. */
    repair(): Promise<readonly StoredFault[]>;
    /** Asks the browser not to evict what is stored. */
    persist(): Promise<boolean>;
    /** @deprecated Use `perigee.remove(model)`. */
    remove(model: string): Promise<void>;
  };
  /** What was downloaded, activated, refused and taken back on this device, chained by digests; `brokenAt` is the first entry that was changed since. */
  audit(): Promise<{ readonly entries: readonly AuditEntry[]; readonly brokenAt: number | null }>;
  /** Keeps a reference at a version whatever its channel says; null: follows it again. A revocation is stronger. */
  pin(ref: string, version: string | null): Promise<void>;
  readonly telemetry: {
    status(): Promise<TelemetryStatus>;
    /** Seals what was counted and sends what waits, now. */
    flush(): Promise<TelemetryStatus>;
    /** Exactly what would be sent next. */
    preview(): Promise<unknown>;
    /** Whether the user agrees to be counted; remembered on this device. `false` also deletes what was counted and not sent. */
    setConsent(given: boolean): Promise<void>;
  };
  on<K extends keyof PerigeeEvents>(name: K, listener: (event: PerigeeEvents[K]) => void): () => void;
  /** Ends every worker; models loaded from here are disposed. */
  dispose(): Promise<void>;
}

/** @throws PerigeeError INVALID_CONFIG */
export function createPerigee(config: PerigeeConfig): Perigee {
  checkConfig(config);
  const events = createEmitter<PerigeeEvents>(
    'updateready|fallback|error|metadatastale|evicted|released|telemetry',
  );
  const models = new Map<ModelHandle, string>();
  /** References whose version was opened while it has yet to show that it works, or became active just now. */
  const toWatch = new Set<string>();
  const buffers = createBufferPool();
  let updater: Promise<Updater> | undefined;
  /** The connection to the updater that was started last. */
  let connection: Connection<UpdaterApi> | undefined;
  const disposal = new AbortController();
  const disposed = disposal.signal;

  /** The updater worker: started on first use, and anew should it have ended or not have started. */
  async function startedUpdater(): Promise<Updater> {
    if (connection?.ended) updater = undefined;
    if (!updater) disposed.throwIfAborted();
    return (updater ??= startUpdater());
  }

  /** The worker starts at once; the code that sets it up is fetched beside it. */
  async function startUpdater(): Promise<Updater> {
    const started = (connection = connect<UpdaterApi>(runtime.spawn('updater')));
    try {
      return await (await import('./init-updater.ts')).initUpdater(context, started);
    } catch (error) {
      started.end(error as PerigeeError);
      throw error;
    }
  }

  const ask: Connection<UpdaterApi>['call'] = async (method, ...args) =>
    (await startedUpdater()).connection.call(method, ...args);

  const inBackground = (work: Promise<unknown>): void => {
    work.catch((error: unknown) => {
      if (!disposed.aborted)
        events.emit('error', {
          error:
            error instanceof PerigeeError
              ? error
              : new PerigeeError('NETWORK', String(error), { cause: error }),
        });
    });
  };

  let fit: Fit | undefined;
  /** Sees that the loaded models keep to their budget, once there are several. */
  function makeRoom(comingBytes = 0): void {
    if (models.size <= (comingBytes ? 0 : 1)) return;
    inBackground(import('./memory-budget.ts').then(({ createMemoryBudget }) => {
      fit ??= createMemoryBudget(context);
      fit(false, comingBytes);
    }));
  }

  async function open(
    of: Pick<Candidate, 'model' | 'version' | 'variant' | 'engine' | 'sizeBytes'>,
    isNew: boolean,
    options: LoadOptions,
    started: Updater,
    extras?: Pick<OpenExtras, 'early' | 'files'>,
  ): Promise<LoadedVersion> {
    const request = started.requestFor(of, options);
    makeRoom(of.sizeBytes);
    const worker = await openOnBackend(request, isNew, {
      ...extras,
      signal: options.signal ? AbortSignal.any([options.signal, disposed]) : disposed,
    });
    return { version: of.version, variant: of.variant, request, worker };
  }

  /** The version on this device, if one answers for the reference. */
  async function openLocal(ref: string, options: LoadOptions, progress: ProgressReporter): Promise<LoadedVersion | undefined> {
    const started = await startedUpdater();
    const local = await started.connection.call('local', ref);
    return local ? openStored(local, ref, options, progress, started) : undefined;
  }

  async function openStored(local: LocalVersion, ref: string, options: LoadOptions, progress: ProgressReporter, started: Updater): Promise<LoadedVersion> {
    progress.phase('compile');
    const opening = (of: LocalVersion): Promise<LoadedVersion> => open(of, false, options, started);
    return local.onProbation ? (await versions()).openWatched(context, ref, local, started, opening) : opening(local);
  }

  async function afterLoad(ref: string, model: ModelHandle, options: LoadOptions): Promise<void> {
    const update = (options.update ?? 'localUpdateInBackground') === 'localUpdateInBackground';
    if (toWatch.delete(ref) || update) await (await versions()).afterLoad(context, ref, model, options, update);
  }

  /** Everything about other versions than the one in use is loaded when it is needed. */
  const versions = () => import('./versions.ts');
  const context: ToolContext = {
    config,
    models,
    ask,
    runtime,
    events,
    buffers,
    startedUpdater,
    open,
    openLocal,
    openStored,
    inBackground,
    toWatch,
    createProgress,
    startWorker,
    optionsFor,
    toWire,
    proxy,
    transfer,
    PerigeeError,
    checkOptions,
  };
  const stopSending =
    config.telemetry
    && import('./send-telemetry.ts')
      .then(({ sendTelemetry }) => sendTelemetry(context))
      .catch(() => undefined);

  /** Methods that come with their first call, by name. */
  const lazily = <K extends keyof Tools>(...names: readonly K[]): Pick<Tools, K> =>
    Object.fromEntries(
      names.map((name) => [
        name,
        async (...args: []) => (await import('./tools.ts'))[name as 'flush'](context, ...args),
      ]),
    ) as never;

  async function loadVersion(ref: string, options: LoadOptions, progress: ProgressReporter): Promise<LoadedVersion> {
    if (options.update === 'latest') return (await versions()).openNewest(context, ref, options, progress);
    try {
      const local = await openLocal(ref, options, progress);
      if (local) return local;
    } catch (error) {
      // Damage on this device is mended by fetching what is bad once more.
      if (!(error instanceof PerigeeError && error.code === 'INTEGRITY' && error.details['stored'] === true)) throw error;
    }
    return (await versions()).openLatest(context, ref, options, progress);
  }

  return {
    async load(ref, options = {}) {
      checkOptions('load()', options, LOAD);
      options.signal?.throwIfAborted();
      const progress = await createProgress(options.onProgress);
      const version = await loadVersion(ref, options, progress);
      if (disposed.aborted) version.worker.connection.end(disposed.reason);
      disposed.throwIfAborted();
      const name = version.worker.opened.manifest?.name ?? ref;
      const model: ModelHandle = createModel(name, version, {
        options,
        lookForFaster: (options.backend ?? 'auto') === 'auto',
        versions: async (handle) => (await versions()).createModelVersions(context, ref, options, handle),
        onFallback: (event) => events.emit('fallback', { model: name, ...event }),
        onError: (error) => inBackground(Promise.reject(error as Error)),
        onUse: (isIdle) => fit?.(isIdle),
        onDispose: () => models.delete(model),
      });
      models.set(model, ref.includes('@') ? ref : `${ref}@stable`);
      progress.phase('ready');
      makeRoom();
      inBackground(afterLoad(ref, model, options));
      return model;
    },
    ...lazily('availability', 'models', 'doctor', 'remove', 'audit', 'pin'),
    storage: lazily('report', 'verify', 'repair', 'persist', 'remove'),
    telemetry: lazily('status', 'flush', 'preview', 'setConsent'),
    on: events.on,
    async dispose() {
      if (disposed.aborted) return;
      disposal.abort(new PerigeeError('DISPOSED', 'This Perigee was disposed; create a new one.'));
      await Promise.all([...models.keys()].map((model) => model.dispose()));
      (await stopSending)?.();
      await (await updater?.catch(() => undefined))?.leave();
      events.clear();
      connection?.end(disposed.reason);
    },
  };
}

function checkConfig(config: PerigeeConfig): void {
  checkOptions('createPerigee()', config, CONFIG);
  runtime.storeLocation(config);
  const { registry, telemetry } = config;
  if (![registry ?? []].flat().every((base) => typeof base === 'string')) throw invalid('createPerigee()', 'registry', registry, 'a URL as text, or several');
  if (!telemetry) return;
  checkOptions('telemetry', telemetry, TELEMETRY);
  if (!URL.canParse(telemetry.url)) throw invalid('createPerigee()', 'telemetry.url', telemetry.url, "the collector's absolute URL");
}
