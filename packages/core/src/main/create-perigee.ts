import { runtime } from '#runtime';
import type { LoadOptions, PerigeeConfig, PerigeeEvents, TelemetryStatus } from '../config.ts';
import { PerigeeError } from '../error.ts';
import type { Finding } from './doctor/finding.ts';
import { CONFIG, LOAD, TELEMETRY, checkOptions, invalid } from './loading/check-options.ts';
import { createProgress } from './loading/progress.ts';
import { makeRoom, rooms } from './make-room.ts';
import { createModel } from './model.ts';
import type { ModelHandle } from './model.ts';
import type { Model } from '../model-types.ts';
import type { Availability, ListedModel, StorageReport, StoredFault } from '../storage-types.ts';
import { asFault, createPerigeeState } from './perigee-state.ts';
import type { PerigeeState } from './perigee-state.ts';
import type { KnownRef, ModelNamed } from '../typed-models.ts';
import type * as Tools from './tools.ts';
import type { AuditEntry } from '../updater/audit-entry.ts';
import { openLocal } from './versions/open-version.ts';
import type { Load, LoadedVersion } from './versions/open-version.ts';
import type * as Versions from './versions/versions.ts';

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
  load<Ref extends KnownRef>(ref: Ref, options?: LoadOptions): Promise<ModelNamed<Ref>>;
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
  /**
   * Ends every worker and disposes the models loaded from here. A later load() rejects with
   * DISPOSED.
   * @example
   * await perigee.dispose();
   */
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
  const state = createPerigeeState(config);
  if (config.memoryBudgetMB !== undefined) makeRoom(state);
  const stopSending = config.telemetry && startSending(state);
  return {
    load: (ref, options = {}) => load(state, ref, options) as Promise<ModelNamed<typeof ref>>,
    availability: async (ref) => (await tools()).availability(state, ref),
    models: async () => (await tools()).models(state),
    doctor: async () => (await tools()).doctor(state),
    remove: async (model) => (await tools()).remove(state, model),
    audit: async () => (await tools()).audit(state),
    pin: async (ref, version) => (await tools()).pin(state, ref, version),
    storage: {
      report: async () => (await tools()).report(state),
      verify: async () => (await tools()).verify(state),
      repair: async () => (await tools()).repair(state),
      persist: async () => (await tools()).persist(),
      remove: async (model) => (await tools()).remove(state, model),
    },
    telemetry: {
      status: async () => (await tools()).status(state),
      flush: async () => (await tools()).flush(state),
      preview: async () => (await tools()).preview(state),
      setConsent: async (given) => (await tools()).setConsent(state, given),
    },
    on: state.events.on,
    async dispose() {
      const { disposal, events, models } = state;
      if (disposal.signal.aborted) return;
      rooms.delete(state);
      const reason = new PerigeeError('DISPOSED', 'This Perigee was disposed; create a new one.');
      disposal.abort(reason);
      await Promise.all([...models.keys()].map((model) => model.dispose()));
      (await stopSending)?.();
      await (await state.updater?.catch(() => undefined))?.leave();
      events.clear();
      state.updaterConnection?.end(reason);
    },
  };
}

/** Imports the code of the other methods, for the first call of one of them. */
function tools(): Promise<typeof Tools> {
  return import('./tools.ts');
}

/** Imports the code for updates and other versions when it is needed. */
function versions(): Promise<typeof Versions> {
  return import('./versions/versions.ts').catch((error: unknown) => {
    throw asFault(error);
  });
}

/** Resolves to a function that stops it; undefined if the code cannot be imported. */
async function startSending(state: PerigeeState): Promise<(() => void) | undefined> {
  try {
    return await (await import('./send-telemetry.ts')).sendTelemetry(state);
  } catch {
    return undefined;
  }
}

async function load(state: PerigeeState, ref: string, options: LoadOptions): Promise<Model> {
  checkOptions('load()', options, LOAD);
  options.signal?.throwIfAborted();
  const progress = await createProgress(options.onProgress);
  const request = { ref, options, progress };
  // Without this code the load only takes longer.
  const hint = import('./versions/early-hint.ts')
    .then(({ startAsBefore }) => startAsBefore(state, request))
    .catch(() => undefined);
  let version: LoadedVersion | undefined;
  try {
    version = await loadVersion(state, { ...request, hint });
  } finally {
    void hint.then((early) => early?.endOfLoad(version));
  }
  const { signal } = state.disposal;
  if (signal.aborted) version.worker.connection.end(signal.reason as PerigeeError);
  signal.throwIfAborted();
  const name = version.worker.opened.manifest?.name ?? ref;
  const model = createModel(name, version, {
    options,
    looksForFaster: (options.backend ?? 'auto') === 'auto',
    origin: { perigee: state, ref },
  });
  state.models.set(model, ref.includes('@') ? ref : `${ref}@stable`);
  progress.phase('ready');
  makeRoom(state);
  state.inBackground(afterLoad(state, ref, model, options));
  return model;
}

async function loadVersion(state: PerigeeState, request: Load): Promise<LoadedVersion> {
  if (request.options.update === 'latest') return (await versions()).openNewest(state, request);
  try {
    const local = await openLocal(state, request);
    if (local) return local;
  } catch (error) {
    if (!isStoredDamage(error)) throw error;
  }
  return (await versions()).openLatest(state, request);
}

/** Whether the stored copy is damaged. An install downloads the damaged parts again. */
function isStoredDamage(error: unknown): boolean {
  return (
    error instanceof PerigeeError && error.code === 'INTEGRITY' && error.details['stored'] === true
  );
}

async function afterLoad(
  state: PerigeeState,
  ref: string,
  model: ModelHandle,
  options: LoadOptions,
): Promise<void> {
  const { update = 'localUpdateInBackground' } = options;
  const updates = update === 'localUpdateInBackground';
  if (state.toWatch.delete(ref) || updates)
    await (await versions()).afterLoad(state, ref, model, options, updates);
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
