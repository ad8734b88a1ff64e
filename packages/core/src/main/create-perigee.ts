import { proxy, transfer } from 'comlink';
import { runtime } from '#runtime';
import { openOnBackend } from './backends/choose-backend.ts';
import { CONFIG, LOAD, TELEMETRY, checkOptions, invalid } from './loading/check-options.ts';
import type { LoadOptions, PerigeeConfig, PerigeeEvents } from '../config.ts';
import type { Finding } from './doctor/finding.ts';
import { PerigeeError } from '../error.ts';
import { createEmitter } from './events.ts';
import { createModel } from './model.ts';
import type { Fit } from './memory-budget.ts';
import type { LoadedVersion, ModelHandle } from './model.ts';
import type {
  Availability,
  ListedModel,
  Model,
  StorageReport,
  StoredFault,
} from '../model-types.ts';
import { optionsFor, startWorker, toWire } from './backends/open-worker.ts';
import type { OpenExtras } from './backends/open-worker.ts';
import { createProgress } from './loading/progress.ts';
import type { ProgressReporter } from './loading/progress.ts';
import { createBufferPool } from '../rpc/buffer-pool.ts';
import { connect } from '../rpc/connect.ts';
import type { Connection } from '../rpc/connect.ts';
import type { Candidate, LocalVersion, TelemetryStatus, UpdaterApi } from '../rpc/updater-api.ts';
import type { AuditEntry } from '../updater/audit.ts';
import type * as LazyTools from './tools.ts';
import type { ToolContext } from './tools.ts';
import type { Updater } from './versions/versions.ts';

/** The methods of `tools.ts` as the app calls them: without their first parameter, the context. */
type Tools = {
  readonly [K in keyof typeof LazyTools]: (typeof LazyTools)[K] extends (
    context: ToolContext,
    ...args: infer A
  ) => infer R
    ? (...args: A) => R
    : never;
};

/** A registry, a store and a telemetry queue, shared by the models loaded from it. */
export interface Perigee {
  /**
   * Loads `name` (channel "stable"), `name@channel` or `name@range`, from this device if it is
   * stored there, else from the registry.
   * @throws PerigeeError MODEL_NOT_FOUND, INVALID_CONFIG, NETWORK, INTEGRITY, UNTRUSTED, EXPIRED,
   *   QUOTA, GOLDEN_MISMATCH, REVOKED, ROLLED_BACK and others, which `docs/errors.md` lists; the
   *   signal's reason when aborted
   * @example
   * const model = await perigee.load('digits@canary', { update: 'latest' });
   */
  load(ref: string, options?: LoadOptions): Promise<Model>;
  /**
   * Says how `load(ref)` would find the model, without loading it. Asks the registry only when no
   * version on this device answers and none is being downloaded.
   * @throws PerigeeError INVALID_INPUT, INVALID_CONFIG, STORAGE
   * @example
   * if ((await perigee.availability('digits')) === 'downloadable') showDownloadButton();
   */
  availability(ref: string): Promise<Availability>;
  /**
   * Lists the versions on this device and their loaded models.
   * @example
   * const [{ name, version, state, loaded }] = await perigee.models();
   */
  models(): Promise<readonly ListedModel[]>;
  /**
   * Lists what is degraded on this device and how to mend it, the worst first; empty when nothing
   * is. Each text is one sentence. Takes at most 30 s, usually 1 or 2 s, with or without a network.
   * @example
   * for (const { what, remedy } of await perigee.doctor()) console.log(what, remedy);
   */
  doctor(): Promise<readonly Finding[]>;
  /**
   * Deletes every version of a model from this device. A loaded version keeps working until its
   * worker ends.
   * @throws PerigeeError INVALID_INPUT when `model` is not a plain name
   * @example
   * await perigee.remove('digits');
   */
  remove(model: string): Promise<void>;
  readonly storage: {
    report(): Promise<StorageReport>;
    /**
     * Reads all stored versions and returns the damaged ones. `load()` or `repair()` downloads the
     * damaged parts again.
     */
    verify(): Promise<readonly StoredFault[]>;
    /** Downloads damaged parts again. Resolves to the versions that are still damaged. */
    repair(): Promise<readonly StoredFault[]>;
    /** Asks the browser not to evict the storage. Resolves to whether it agreed. */
    persist(): Promise<boolean>;
    /** @deprecated Use `perigee.remove(model)`. */
    remove(model: string): Promise<void>;
  };
  /**
   * The audit log: what was downloaded, activated, rejected and rolled back on this device. Each
   * entry holds the digest of the one before. `brokenAt` is the number of the first entry that was
   * changed afterwards, or null.
   * @example
   * const { entries, brokenAt } = await perigee.audit();
   */
  audit(): Promise<{ readonly entries: readonly AuditEntry[]; readonly brokenAt: number | null }>;
  /**
   * Keeps a reference at a version regardless of its channel; null follows the channel again. A
   * revocation overrides a pin.
   * @throws PerigeeError INVALID_INPUT
   * @example
   * await perigee.pin('digits', '1.2.0');
   */
  pin(ref: string, version: string | null): Promise<void>;
  readonly telemetry: {
    /** The numbers of batches that are queued on this device, were sent, and were lost. */
    status(): Promise<TelemetryStatus>;
    /** Seals the counters and sends all queued batches now. */
    flush(): Promise<TelemetryStatus>;
    /** The exact content of the next batch. */
    preview(): Promise<unknown>;
    /**
     * Records whether the user consents to telemetry; remembered on this device. `false` also
     * deletes counts that were not sent.
     */
    setConsent(given: boolean): Promise<void>;
  };
  /**
   * Adds a listener. Returns a function that removes it.
   * @throws PerigeeError INVALID_CONFIG for an unknown event
   * @example
   * perigee.on('updateready', ({ model, version }) => showUpdate(model, version));
   */
  on<K extends keyof PerigeeEvents>(
    name: K,
    listener: (event: PerigeeEvents[K]) => void,
  ): () => void;
  /** Ends every worker and disposes the models loaded from here. */
  dispose(): Promise<void>;
}

/**
 * Creates a `Perigee`. Its updater worker starts with the first call that needs it; with
 * `telemetry`, it starts when the counters are first sent.
 * @throws PerigeeError INVALID_CONFIG
 * @example
 * import trustedRoot from './root.json' with { type: 'json' };
 *
 * const perigee = createPerigee({ registry: 'https://models.example.com/', trustedRoot });
 * const model = await perigee.load('digits');
 */
export function createPerigee(config: PerigeeConfig): Perigee {
  checkConfig(config);
  const events = createEmitter<PerigeeEvents>(
    'updateready|fallback|error|metadatastale|evicted|released|telemetry',
  );
  const models = new Map<ModelHandle, string>();
  /**
   * References whose version was opened on probation or was just activated; their answers are
   * watched.
   */
  const toWatch = new Set<string>();
  const buffers = createBufferPool();
  let updater: Promise<Updater> | undefined;
  /** The connection to the most recently started updater. */
  let connection: Connection<UpdaterApi> | undefined;
  const disposal = new AbortController();
  const disposed = disposal.signal;

  /** Starts the updater worker on first use, and again if it ended or failed to start. */
  async function startedUpdater(): Promise<Updater> {
    if (connection?.ended) updater = undefined;
    if (!updater) disposed.throwIfAborted();
    return (updater ??= startUpdater());
  }

  /** Starts the worker at once and fetches the code that sets it up meanwhile. */
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
  /** Keeps the loaded models within the memory budget, once there are several. */
  function makeRoom(comingBytes = 0): void {
    if (models.size <= (comingBytes ? 0 : 1)) return;
    inBackground(
      import('./memory-budget.ts').then(({ createMemoryBudget }) => {
        fit ??= createMemoryBudget(context);
        fit(false, comingBytes);
      }),
    );
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

  /** Opens the version on this device, if one answers for the reference. */
  async function openLocal(
    ref: string,
    options: LoadOptions,
    progress: ProgressReporter,
  ): Promise<LoadedVersion | undefined> {
    const started = await startedUpdater();
    const local = await started.connection.call('local', ref);
    return local ? openStored(local, ref, options, progress, started) : undefined;
  }

  async function openStored(
    local: LocalVersion,
    ref: string,
    options: LoadOptions,
    progress: ProgressReporter,
    started: Updater,
  ): Promise<LoadedVersion> {
    progress.phase('compile');
    const opening = (of: LocalVersion): Promise<LoadedVersion> => open(of, false, options, started);
    return local.onProbation
      ? (await versions()).openWatched(context, ref, local, started, opening)
      : opening(local);
  }

  async function afterLoad(ref: string, model: ModelHandle, options: LoadOptions): Promise<void> {
    const update = (options.update ?? 'localUpdateInBackground') === 'localUpdateInBackground';
    if (toWatch.delete(ref) || update)
      await (await versions()).afterLoad(context, ref, model, options, update);
  }

  /** Imports the code for updates and other versions when it is needed. */
  const versions = () => import('./versions/versions.ts');
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
    config.telemetry &&
    import('./send-telemetry.ts')
      .then(({ sendTelemetry }) => sendTelemetry(context))
      .catch(() => undefined);

  /** Methods whose code is imported with their first call. */
  const lazily = <K extends keyof Tools>(...names: readonly K[]): Pick<Tools, K> =>
    Object.fromEntries(
      names.map((name) => [
        name,
        async (...args: []) => (await import('./tools.ts'))[name as 'flush'](context, ...args),
      ]),
    ) as never;

  async function loadVersion(
    ref: string,
    options: LoadOptions,
    progress: ProgressReporter,
  ): Promise<LoadedVersion> {
    if (options.update === 'latest')
      return (await versions()).openNewest(context, ref, options, progress);
    try {
      const local = await openLocal(ref, options, progress);
      if (local) return local;
    } catch (error) {
      // The stored copy is damaged. openLatest() downloads the damaged parts again.
      if (
        !(
          error instanceof PerigeeError &&
          error.code === 'INTEGRITY' &&
          error.details['stored'] === true
        )
      )
        throw error;
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
        versions: async (handle) =>
          (await versions()).createModelVersions(context, ref, options, handle),
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
  if (![registry ?? []].flat().every((base) => typeof base === 'string'))
    throw invalid('createPerigee()', 'registry', registry, 'a URL as text, or several');
  if (!telemetry) return;
  checkOptions('telemetry', telemetry, TELEMETRY);
  if (!URL.canParse(telemetry.url))
    throw invalid(
      'createPerigee()',
      'telemetry.url',
      telemetry.url,
      "the collector's absolute URL",
    );
}
