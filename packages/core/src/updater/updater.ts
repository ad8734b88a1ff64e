import { transfer } from 'comlink';
import { formatModelRef, parseManifest, parseModelRef } from '@perigee/registry';
import type { TelemetryConfig } from '../config.ts';
import { PerigeeError } from '../error.ts';
import type { StoreLocation } from '../rpc/protocol.ts';
import type {
  Candidate,
  Heard,
  HeardVerdict,
  InstallProgress,
  UpdaterApi,
  UpdaterInit,
} from '../rpc/updater-api.ts';
import { createRequester } from '../request/requester.ts';
import type { Requester } from '../request/requester.ts';
import { releaseCallback } from '../rpc/release.ts';
import { memoryBeside } from '../store/memory-beside.ts';
import type { MemoryBeside } from '../store/memory-beside.ts';
import { openStore } from '../store/open-store.ts';
import type { ModelStore, VersionRecord } from '../store/store.ts';
import { checkTelemetry } from '../telemetry/check-telemetry.ts';
import {
  checkTelemetry as checkTelemetryConfig,
  forgetCounts,
  setConsent,
} from '../telemetry/permission.ts';
import { previewTelemetry } from '../telemetry/preview.ts';
import { createTelemetryQueue } from '../telemetry/queue.ts';
import type { TelemetryQueue } from '../telemetry/queue.ts';
import { recordRefused } from '../telemetry/record-refused.ts';
import { activate, recordOf, reject, rollBack, startLocal } from './activation.ts';
import { onAnnounced } from './announce.ts';
import { availabilityOf } from './availability.ts';
import { audit, auditEntries, brokenAt } from './audit.ts';
import { checkRegistry } from './check-registry.ts';
import { chooseVariant, rolledBackVersion } from './choose-variant.ts';
import { findDeltas } from './find-deltas.ts';
import { holdVersion, keyOf } from '../store/hold-version.ts';
import { installInMemory, isAnswered } from './install-in-memory.ts';
import { installVersion, isQuota } from './install.ts';
import type { Installed, InstallOptions } from './install.ts';
import { withLock } from '../store/lock.ts';
import { planInstall } from './plan.ts';
import { pin } from './policy.ts';
import { countDeadStarts, countFailedStart, heardGood } from './probation.ts';
import { createRegistryClient } from './registry-client.ts';
import type { RegistryClient, RegistryOptions } from './registry-client.ts';
import { createStarts } from './starts.ts';
import { beginTrial, endAllTrials, endTrial } from './trials.ts';
import { removeModel, reportStorage, verifyStorage } from './storage.ts';

const NOTHING_SENT = { queued: 0, sent: 0, lost: 0 } as const;

/**
 * All methods of the updater worker, except the port to a store in memory, which updater-api.ts
 * adds.
 */
export type Updater = Omit<UpdaterApi, 'shareStore'> & { readonly store: () => ModelStore };

export function createUpdater(
  open: (location: StoreLocation) => Promise<ModelStore> = openStore,
): Updater {
  let store: ModelStore | undefined;
  let registry: RegistryClient | undefined;
  let registryOptions: RegistryOptions | null = null;
  let ask: Requester | undefined;
  let beside: MemoryBeside | undefined;
  let telemetry: TelemetryQueue | undefined;
  let telemetryConfig: TelemetryConfig | null = null;
  const tasks = new Map<string, AbortController>();
  /** Versions that are kept for models whose workers were ended. */
  const kept = new Map<string, () => void>();
  const starts = createStarts();
  /** The last report on answers; reports are written one after the other. */
  let heardLast: Promise<unknown> = Promise.resolve();
  /** Model names by task, from the start of an install until its trial begins or it fails. */
  const arriving = new Map<string, string>();

  const openedStore = (): ModelStore => {
    if (!store) throw new PerigeeError('STORAGE', 'The updater was not started.');
    return store;
  };
  const client = (ref: string): RegistryClient => {
    if (!registry)
      throw new PerigeeError(
        'INVALID_CONFIG',
        `Loading "${ref}" by name needs a registry: createPerigee({ registry: "https://…/" }).`,
      );
    return registry;
  };

  /**
   * Packs files into one piece each, which is faster to read, after the caller's work. A failure
   * only costs time.
   */
  const packInBackground = (record: VersionRecord): void => {
    const variant = parseManifest(record.manifest).variants.find(({ id }) => id === record.variant);
    const pack = async (): Promise<void> => {
      for (const file of variant?.files ?? [])
        await openedStore().packFile(
          file.sha256,
          file.chunks.flatMap((index) => variant?.chunks[index] ?? []),
        );
    };
    pack().catch(() => undefined);
  };

  /** Logs expired or unverifiable signatures to the audit log. */
  async function logged<T>(work: Promise<T>, ref: string): Promise<T> {
    return work.catch(async (error: unknown) => {
      const code =
        error instanceof PerigeeError || (error instanceof Error && 'code' in error)
          ? (error as { code?: unknown }).code
          : undefined;
      const event =
        code === 'EXPIRED'
          ? 'metadata.stale'
          : code === 'UNTRUSTED' || code === 'INTEGRITY'
            ? 'verify.fail'
            : undefined;
      if (event)
        await audit(openedStore(), {
          event,
          model: parseModelRef(ref).name,
          reason: (error as Error).message,
        }).catch(() => undefined);
      throw error;
    });
  }

  /**
   * Installs a version. If the store has no room and no version of the model is here, installs it
   * in memory.
   */
  async function installOrHold(text: string, options: InstallOptions): Promise<Installed> {
    try {
      return await installVersion(openedStore(), client(text), text, options);
    } catch (error) {
      if (!isQuota(error)) throw error;
      await audit(openedStore(), {
        event: 'quota',
        model: parseModelRef(text).name,
        reason: error.message,
      }).catch(() => undefined);
      if (!registryOptions || (await isAnswered(openedStore(), registryOptions, text))) throw error;
      beside ??= memoryBeside(openedStore());
      store = beside.both;
      registry = createRegistryClient(store, registryOptions, ask);
      return installInMemory(beside, registry, text, options, error);
    }
  }

  return {
    store: openedStore,

    async init(
      { store: location, registry: options, telemetry: config }: UpdaterInit,
      onFlip,
      request = null,
    ) {
      store = await open(location);
      ask = createRequester(request, options?.bases[0] ?? 'about:blank');
      registryOptions = options;
      if (options) registry = createRegistryClient(store, options, ask);
      if (config) checkTelemetryConfig(config);
      if (config) telemetry = createTelemetryQueue(store, config);
      telemetryConfig = config;
      if (onFlip && !onAnnounced(onFlip)) releaseCallback(onFlip);
      return store.kind;
    },

    async local(text) {
      const ref = formatModelRef(parseModelRef(text));
      const local = await startLocal(openedStore(), ref, registryOptions);
      if (local) packInBackground(await recordOf(openedStore(), local));
      return local;
    },

    availability: (text, backends) =>
      availabilityOf(openedStore(), text, {
        policies: registryOptions,
        isArriving: (name) => [...arriving.values()].includes(name),
        registry: () => client(text),
        backends,
      }),

    async check(text, backends) {
      const { manifest, version, reason, sha256 } = await logged(client(text).resolve(text), text);
      const left = await rolledBackVersion(openedStore(), manifest.name, version);
      if (left)
        return {
          version,
          reason:
            `${version} was rolled back on this device: ` +
            `${left.reason ?? 'the app asked for it'}`,
          downloadBytes: 0,
          isLeft: true,
        };
      const variant = await chooseVariant(openedStore(), manifest, backends);
      const deltas = await findDeltas(openedStore(), client(text), manifest, variant, sha256);
      return {
        version,
        reason,
        downloadBytes: (await planInstall(openedStore(), manifest, variant, deltas)).downloadBytes,
        isLeft: false,
      };
    },

    async install(task, text, backends, onProgress, variant) {
      const controller = new AbortController();
      tasks.set(task, controller);
      const { signal } = controller;
      try {
        const { name } = parseModelRef(text);
        arriving.set(task, name);
        // U0: only one tab downloads a model at a time; the others wait and then find it in the
        // store.
        const installed = await withLock(`perigee:update:${name}`, signal, () =>
          logged(
            installOrHold(text, { signal, backends, variant, onProgress: neverBack(onProgress) }),
            text,
          ),
        );
        return transfer(
          installed,
          Object.values(installed.files ?? {}).map((bytes) => bytes.buffer),
        );
      } catch (error) {
        arriving.delete(task);
        throw error;
      } finally {
        tasks.delete(task);
        releaseCallback(onProgress);
      }
    },

    async cancel(task) {
      tasks
        .get(task)
        ?.abort(new PerigeeError('ABORTED', 'The download was aborted. What arrived is kept.'));
      arriving.delete(task);
    },

    async beginTrial(candidate) {
      const attempts = await beginTrial(openedStore(), candidate);
      for (const [task, name] of arriving) if (name === candidate.model) arriving.delete(task);
      return attempts;
    },
    endTrial: (candidate) => endTrial(openedStore(), candidate),

    async activate(candidate: Candidate) {
      const flipped = await activate(openedStore(), candidate);
      packInBackground(await recordOf(openedStore(), candidate));
      return flipped;
    },
    async reject(candidate, reason, code) {
      await reject(openedStore(), candidate, reason);
      // A failure to record this does not affect the version.
      if (telemetryConfig && code !== null)
        await recordRefused(openedStore(), candidate, telemetryConfig, code).catch(() => undefined);
    },

    async rollBack(text, reason, isFaulty) {
      const ref = formatModelRef(parseModelRef(text));
      return (
        (await rollBack(openedStore(), ref, {
          reason,
          by: isFaulty ? 'rollback' : 'app',
          registry: registryOptions,
        })) ?? null
      );
    },
    async heardGood(text, heard) {
      const verdict = heardLast.then(() =>
        hear(openedStore(), formatModelRef(parseModelRef(text)), heard),
      );
      heardLast = verdict.catch(() => undefined);
      return verdict;
    },
    async countStarts(text, side, left) {
      const ref = formatModelRef(parseModelRef(text));
      await countDeadStarts(openedStore(), ref, side, left);
      return startLocal(openedStore(), ref, registryOptions);
    },
    beginStart: (text, side, page) =>
      starts.begin(openedStore(), formatModelRef(parseModelRef(text)), side, page),
    async endStart(token, hasFailed) {
      const ended = await starts.end(openedStore(), token, hasFailed);
      if (ended?.hasFailed) await countFailedStart(openedStore(), ended);
    },
    async leave(done) {
      try {
        if (store) await Promise.all([starts.leave(store), endAllTrials(store), heardLast]);
      } finally {
        if (done) Atomics.store(done, 0, 1);
        if (done) Atomics.notify(done, 0);
      }
    },
    async pin(text, version) {
      const ref = parseModelRef(text);
      await pin(openedStore(), ref, version);
      await audit(openedStore(), {
        event: 'pin',
        model: ref.name,
        reason:
          version === null
            ? `${formatModelRef(ref)} is free again`
            : `${formatModelRef(ref)} stays at ${version}`,
      });
    },

    async keep(named, loaded) {
      const wanted = new Set([named, ...loaded].map(keyOf));
      for (const [key, release] of kept) {
        if (wanted.has(key)) continue;
        kept.delete(key);
        release();
      }
      const record = await openedStore().getVersion(named.model, named.version, named.variant);
      // Only the record of a bad version is stored, without its objects.
      if (!record || record.state === 'bad') return false;
      const key = keyOf(named);
      if (!kept.has(key)) kept.set(key, holdVersion(named));
      return true;
    },

    recall: (key) => openedStore().getValue(key),
    remember: (key, value) => openedStore().putValue(key, value),

    storage: () => reportStorage(openedStore()),
    verifyStorage: () => verifyStorage(openedStore()),
    remove: (model) => removeModel(openedStore(), model),
    async checkUp(timeoutMs) {
      const [base = ''] = registryOptions?.bases ?? [];
      const [ofRegistry, telemetry] = await Promise.all([
        registry ? checkRegistry(openedStore(), registry, base, timeoutMs, ask) : null,
        telemetryConfig ? checkTelemetry(openedStore(), telemetryConfig, timeoutMs) : null,
      ]);
      return {
        registry: ofRegistry,
        telemetry,
      };
    },
    async auditLog() {
      const entries = await auditEntries(openedStore());
      return { entries, brokenAt: await brokenAt(entries) };
    },
    noteAudit: (facts) => audit(openedStore(), facts),

    flushTelemetry: async (now) => telemetry?.flush({ force: now }) ?? NOTHING_SENT,
    telemetryStatus: async () => telemetry?.status() ?? NOTHING_SENT,
    async setConsent(given) {
      await setConsent(openedStore(), given);
      if (!given) await forgetCounts(openedStore());
    },
    previewTelemetry: () => previewTelemetry(openedStore()),
  };
}

async function hear(
  store: ModelStore,
  ref: string,
  { version, variant, ...heard }: Heard,
): Promise<HeardVerdict> {
  const pointer = await store.getPointer(ref);
  // Another version became active meanwhile, so these answers no longer matter.
  if (pointer?.active.version !== version || pointer.active.variant !== variant)
    return { onProbation: false, slow: null, done: true };
  const { confirmedBy, ...verdict } = await heardGood(store, pointer, heard);
  if (confirmedBy !== undefined)
    await audit(store, {
      event: 'confirm',
      model: pointer.model,
      ...pointer.active,
      reason: `${confirmedBy} answers`,
    });
  return verdict;
}

/** Makes progress monotonic: bytes of a discarded attempt are not subtracted. */
function neverBack(onProgress: InstallProgress): InstallProgress {
  let most = 0;
  return (loadedBytes, totalBytes, model) => {
    most = Math.max(most, loadedBytes);
    // The callback runs in the page. The page reports its failures; they must not end this worker.
    Promise.resolve(onProgress(most, totalBytes, model) as unknown).catch(() => undefined);
  };
}
