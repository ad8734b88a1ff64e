import * as Comlink from 'comlink';
import { runtime } from '#runtime';
import { openOnBackend } from './choose-backend.ts';
import type { BackendRequest } from './choose-backend.ts';
import { checkLoadOptions } from './check-options.ts';
import type { LoadOptions, PerigeeConfig, PerigeeEvents } from './config.ts';
import { PerigeeError } from './error.ts';
import { createEmitter } from './events.ts';
import { createModel } from './model.ts';
import type { LoadedVersion, ModelHandle, UpdateSource } from './model.ts';
import type { Model, StorageReport } from './model-types.ts';
import { startEarly } from './open-worker.ts';
import type { EarlyWorker, OpenExtras } from './open-worker.ts';
import { createProgress } from './progress.ts';
import type { ProgressReporter } from './progress.ts';
import { createBufferPool } from './rpc/buffer-pool.ts';
import { connect } from './rpc/connect.ts';
import type { Connection } from './rpc/connect.ts';
import type { Candidate, Installed, ModelFacts, StoreLocation, TelemetryStatus, UpdaterApi } from './rpc/protocol.ts';

const DEFAULT_INTERVAL_MS = 15 * 60_000;
const MIN_INTERVAL_MS = 1_000;
let tasks = 0;

/** One registry, one store and one telemetry queue, shared by the models loaded from it. */
export interface Perigee {
  /** Loads `name` (channel "stable"), `name@channel` or `name@range`; from this device when it is there, else from the registry. */
  load(ref: string, options?: LoadOptions): Promise<Model>;
  readonly storage: {
    report(): Promise<StorageReport>;
    /** Deletes every version of a model from this device. */
    remove(model: string): Promise<void>;
  };
  readonly telemetry: {
    status(): Promise<TelemetryStatus>;
    /** Seals what was counted and sends what waits, now. */
    flush(): Promise<TelemetryStatus>;
    /** Exactly what would be sent next. */
    preview(): Promise<unknown>;
  };
  on<K extends keyof PerigeeEvents>(name: K, listener: (event: PerigeeEvents[K]) => void): () => void;
  /** Ends every worker; models loaded from here are disposed. */
  dispose(): Promise<void>;
}

interface Updater {
  readonly connection: Connection<UpdaterApi>;
  readonly store: StoreLocation;
}

/** @throws PerigeeError INVALID_CONFIG */
export function createPerigee(config: PerigeeConfig): Perigee {
  const intervalMs = checkConfig(config);
  const events = createEmitter<PerigeeEvents>();
  const models = new Set<ModelHandle>();
  const buffers = createBufferPool();
  let updater: Promise<Updater> | undefined;
  let disposed = false;

  /** The updater worker: started on first use, and anew should it have ended. */
  async function startedUpdater(): Promise<Updater> {
    if (disposed) throw new PerigeeError('DISPOSED', 'This Perigee was disposed; create a new one.');
    if ((await updater?.catch(() => undefined))?.connection.ended) updater = undefined;
    updater ??= startUpdater(config);
    return updater;
  }

  /** @param now also when the collector asked to wait, or did not answer, a moment ago */
  async function flush(now: boolean): Promise<TelemetryStatus> {
    await Promise.all([...models].map((model) => model.record()));
    const status = await (await startedUpdater()).connection.call('flushTelemetry', now);
    events.emit('telemetry', status);
    return status;
  }

  const inBackground = (work: Promise<unknown>): void => {
    work.catch((error: unknown) => {
      if (!disposed) events.emit('error', { error: error instanceof PerigeeError ? error : new PerigeeError('NETWORK', String(error), { cause: error }) });
    });
  };

  const stopLifecycle = config.telemetry ? runtime.onLifecycle((signal) => {
    if (signal === 'hidden' || signal === 'online') inBackground(flush(signal === 'online'));
  }) : () => undefined;
  const timer = config.telemetry ? setInterval(() => inBackground(flush(false)), intervalMs) : undefined;
  unref(timer);

  /** Makes a verified version the active one, if its golden samples pass here, and leaves it open. */
  async function activate({ candidate, files }: Installed, early: EarlyWorker | undefined, options: LoadOptions, progress: ProgressReporter): Promise<LoadedVersion> {
    const started = await startedUpdater();
    const { connection } = started;
    progress.phase('compile');
    try {
      await connection.call('beginTrial', candidate);
      const opened = await open(candidate, true, options, started, { early, files });
      await connection.call('activate', candidate);
      return opened;
    } catch (error) {
      if (error instanceof PerigeeError && (error.code === 'GOLDEN_MISMATCH' || error.code === 'INVALID_MANIFEST')) {
        await connection.call('reject', candidate, error.message);
      }
      throw error;
    }
  }

  function requestFor({ model, version, variant, engine }: Pick<Candidate, 'model' | 'version' | 'variant' | 'engine'>, options: LoadOptions, { connection, store }: Updater): BackendRequest {
    const { threads = null, maxBatch = null, warmUp = false } = options;
    return {
      runtime,
      recipe: {
        source: { kind: 'stored', model, version, variant, engine },
        threads,
        maxBatch,
        warmUp,
        wasmUrl: config.wasmUrl ?? null,
        store,
        observe: config.telemetry !== undefined && options.telemetry !== false,
        updater: connection,
        buffers,
      },
      wanted: options.backend ?? 'auto',
      memory: { updater: connection, key: `backend:${model}@${version}/${variant}` },
      onFallback: (event) => events.emit('fallback', { model, ...event }),
    };
  }

  async function open(of: Pick<Candidate, 'model' | 'version' | 'variant' | 'engine'>, isNew: boolean, options: LoadOptions, started: Updater, extras?: Pick<OpenExtras, 'early' | 'files'>): Promise<LoadedVersion> {
    const request = requestFor(of, options, started);
    return { version: of.version, variant: of.variant, request, worker: await openOnBackend(request, isNew, { ...extras, signal: options.signal }) };
  }

  async function install(ref: string, signal: AbortSignal | undefined, progress: ProgressReporter, onFacts: (facts: ModelFacts) => void): Promise<Installed> {
    const { connection } = await startedUpdater();
    signal?.throwIfAborted();
    const task = `install-${++tasks}`;
    const cancel = (): void => inBackground(connection.call('cancel', task));
    signal?.addEventListener('abort', cancel, { once: true });
    progress.phase('download');
    try {
      return await connection.call('install', task, ref, Comlink.proxy((loaded: number, total: number, facts?: ModelFacts) => {
        progress.bytes(loaded, total);
        if (facts) onFacts(facts);
      }));
    } catch (error) {
      throw signal?.aborted ? signal.reason : error;
    } finally {
      signal?.removeEventListener('abort', cancel);
    }
  }

  /** The version on this device, if one answers for the reference. */
  async function openLocal(ref: string, options: LoadOptions, progress: ProgressReporter): Promise<LoadedVersion | undefined> {
    const started = await startedUpdater();
    const local = await started.connection.call('local', ref);
    if (!local) return undefined;
    progress.phase('compile');
    return open(local, false, options, started);
  }

  /** Installs what is newest and opens it in a worker whose runtime starts while the bytes are fetched. */
  async function openLatest(ref: string, options: LoadOptions, progress: ProgressReporter): Promise<LoadedVersion> {
    const started = await startedUpdater();
    let early: EarlyWorker | undefined;
    try {
      const installed = await install(ref, options.signal, progress, (facts) => {
        const request = requestFor({ model: '', version: '', variant: '', engine: facts.engine }, options, started);
        early ??= startEarly(runtime, request.recipe, request.wanted, facts);
      });
      return await activate(installed, early, options, progress);
    } catch (error) {
      early?.connection.end(new PerigeeError('DISPOSED', 'The load failed.'));
      throw error;
    }
  }

  async function loadVersion(ref: string, options: LoadOptions, progress: ProgressReporter): Promise<LoadedVersion> {
    if (options.update === 'latest') {
      try {
        return await openLatest(ref, options, progress);
      } catch (error) {
        const local = isNetwork(error) ? await openLocal(ref, options, progress) : undefined;
        if (local) return local;
        throw error;
      }
    }
    try {
      return (await openLocal(ref, options, progress)) ?? (await openLatest(ref, options, progress));
    } catch (error) {
      // Damage on this device is mended by fetching what is bad once more.
      if (error instanceof PerigeeError && error.code === 'INTEGRITY' && error.details['stored'] === true) return openLatest(ref, options, progress);
      throw error;
    }
  }

  async function updateInBackground(ref: string, model: Model, options: LoadOptions): Promise<void> {
    const { connection } = await startedUpdater();
    if ((await connection.call('check', ref)).version === model.version) return;
    const { version, worker } = await openLatest(ref, { ...options, signal: undefined as never }, createProgress(undefined));
    worker.connection.end(new PerigeeError('DISPOSED', 'The trial is over.'));
    events.emit('updateready', { model: model.name, version });
  }

  function updateSource(ref: string, options: LoadOptions): UpdateSource {
    return {
      async check(current) {
        const { version, downloadBytes } = await (await startedUpdater()).connection.call('check', ref);
        return { available: version !== current, current, latest: version, downloadBytes };
      },
      async upgrade(current, signal, onProgress) {
        const progress = createProgress(onProgress);
        const merged: LoadOptions = { ...options, ...(signal && { signal }) };
        const started = await startedUpdater();
        const offered = await started.connection.call('check', ref);
        if (offered.version === current) {
          progress.phase('ready');
          return undefined;
        }
        const local = await started.connection.call('local', ref);
        const next = local?.version === offered.version ? await openLocal(ref, merged, progress) : await openLatest(ref, merged, progress);
        progress.phase('ready');
        return next;
      },
    };
  }

  return {
    async load(ref, options = {}) {
      options.signal?.throwIfAborted();
      checkLoadOptions(options);
      const progress = createProgress(options.onProgress);
      const version = await loadVersion(ref, options, progress);
      const name = version.worker.opened.manifest?.name ?? ref;
      const model: ModelHandle = createModel(name, version, {
        options,
        lookForFaster: (options.backend ?? 'auto') === 'auto',
        updates: updateSource(ref, options),
        onFallback: (event) => events.emit('fallback', { model: name, ...event }),
        onError: (error) => inBackground(Promise.reject(error as Error)),
        onDispose: () => models.delete(model),
      });
      models.add(model);
      progress.phase('ready');
      if ((options.update ?? 'localUpdateInBackground') === 'localUpdateInBackground') {
        updateInBackground(ref, model, options).catch((error: unknown) => {
          // Offline is no fault of a device that has its model.
          if (!isNetwork(error)) inBackground(Promise.reject(error as Error));
        });
      }
      return model;
    },
    storage: {
      report: async () => (await startedUpdater()).connection.call('storage'),
      remove: async (model) => (await startedUpdater()).connection.call('remove', model),
    },
    telemetry: {
      status: async () => (await startedUpdater()).connection.call('telemetryStatus'),
      flush: () => flush(true),
      async preview() {
        await Promise.all([...models].map((model) => model.record()));
        return (await startedUpdater()).connection.call('previewTelemetry');
      },
    },
    on: events.on,
    async dispose() {
      if (disposed) return;
      clearInterval(timer);
      stopLifecycle();
      await Promise.all([...models].map((model) => model.dispose()));
      disposed = true;
      events.clear();
      (await updater?.catch(() => undefined))?.connection.end(new PerigeeError('DISPOSED', 'This Perigee was disposed.'));
    },
  };
}

async function startUpdater(config: PerigeeConfig): Promise<Updater> {
  const connection = connect<UpdaterApi>(runtime.spawn('updater'));
  const wanted = runtime.storeLocation(config);
  const bases = [config.registry ?? []].flat().map((base) => runtime.resolveUrl(base));
  const registry = bases.length === 0 ? null : { bases, trustedRoot: rootBytes(config.trustedRoot), installId: config.installId ?? null };
  const kind = await connection.call('init', { store: wanted, registry, telemetry: config.telemetry ?? null });
  return { connection, store: kind === 'memory' ? { kind: 'memory' } : wanted };
}

function rootBytes(root: PerigeeConfig['trustedRoot']): Uint8Array | null {
  if (root === undefined || root instanceof Uint8Array) return root ?? null;
  return new TextEncoder().encode(typeof root === 'string' ? root : JSON.stringify(root));
}

/** @returns the telemetry interval */
function checkConfig({ registry, telemetry, store }: PerigeeConfig): number {
  if (![registry ?? []].flat().every((base) => typeof base === 'string')) throw invalid('registry', registry, 'a URL as text, or several');
  if (typeof store === 'object' && typeof store.folder !== 'string') throw invalid('store.folder', store.folder, 'a folder path');
  if (!telemetry) return DEFAULT_INTERVAL_MS;
  if (!URL.canParse(telemetry.url)) throw invalid('telemetry.url', telemetry.url, "the collector's absolute URL");
  const { intervalMs = DEFAULT_INTERVAL_MS } = telemetry;
  if (!(intervalMs >= MIN_INTERVAL_MS)) throw invalid('telemetry.intervalMs', intervalMs, `a number of at least ${MIN_INTERVAL_MS}`);
  return intervalMs;
}

function invalid(field: string, got: unknown, expected: string): PerigeeError {
  return new PerigeeError('INVALID_CONFIG', `createPerigee(): ${field} is ${JSON.stringify(got)}; expected ${expected}.`);
}

function isNetwork(error: unknown): boolean {
  return error instanceof PerigeeError && error.code === 'NETWORK';
}

/** A timer must not keep a Node process alive. */
function unref(timer: ReturnType<typeof setInterval> | undefined): void {
  (timer as { unref?: () => void } | undefined)?.unref?.();
}

