import { transfer } from 'comlink';
import { formatModelRef, parseManifest, parseModelRef } from '@perigee/registry';
import { PerigeeError } from '../error.ts';
import type { Candidate, InstallProgress, UpdaterApi, UpdaterInit } from '../rpc/protocol.ts';
import { releaseCallback } from '../rpc/release.ts';
import { openStore } from '../store/open-store.ts';
import type { ModelStore, VersionRecord } from '../store/store.ts';
import { previewTelemetry } from '../telemetry/preview.ts';
import { createTelemetryQueue } from '../telemetry/queue.ts';
import type { TelemetryQueue } from '../telemetry/queue.ts';
import { collectGarbage } from './collect-garbage.ts';
import { installVersion } from './install.ts';
import { endLease, leaseVersion } from './lease.ts';
import { withLock } from './lock.ts';
import { planInstall } from './plan.ts';
import { createRegistryClient } from './registry-client.ts';
import type { RegistryClient } from './registry-client.ts';

const NOTHING_SENT = { queued: 0, sent: 0, lost: 0 } as const;
const FLIP_ATTEMPTS = 5;

/** Everything the updater worker answers, but for the port to a store in memory, which worker.ts adds. */
export type Updater = Omit<UpdaterApi, 'shareStore'> & { readonly store: () => ModelStore };

export function createUpdater(): Updater {
  let store: ModelStore | undefined;
  let registry: RegistryClient | undefined;
  let telemetry: TelemetryQueue | undefined;
  const tasks = new Map<string, AbortController>();

  const openedStore = (): ModelStore => {
    if (!store) throw new PerigeeError('STORAGE', 'The updater was not started.');
    return store;
  };
  const client = (ref: string): RegistryClient => {
    if (!registry) throw new PerigeeError('INVALID_CONFIG', `Loading "${ref}" by name needs a registry: createPerigee({ registry: "https://…/" }).`);
    return registry;
  };
  const recordOf = async ({ model, version, variant }: Candidate): Promise<VersionRecord> => {
    const record = await openedStore().getVersion(model, version, variant);
    if (!record) throw new PerigeeError('MODEL_NOT_FOUND', `${model}@${version} is not on this device.`);
    return record;
  };

  /** What is read faster in one piece is put into one, after what is waited for. Left undone it costs time, nothing else. */
  const packInBackground = (record: VersionRecord): void => {
    const variant = parseManifest(record.manifest).variants.find(({ id }) => id === record.variant);
    const pack = async (): Promise<void> => {
      for (const file of variant?.files ?? []) await openedStore().packFile(file.sha256, file.chunks.flatMap((index) => variant?.chunks[index] ?? []));
    };
    pack().catch(() => undefined);
  };

  return {
    store: openedStore,

    async init({ store: location, registry: options, telemetry: config }: UpdaterInit) {
      store = await openStore(location);
      if (options) registry = createRegistryClient(store, options);
      if (config) telemetry = createTelemetryQueue(store, config.url);
      return store.kind;
    },

    async local(text) {
      const pointer = await openedStore().getPointer(formatModelRef(parseModelRef(text)));
      // A pointer to what is not here answers for nothing; without it the version is fetched again.
      if (!pointer) return null;
      const { model, active } = pointer;
      const record = await openedStore().getVersion(model, active.version, active.variant);
      if (record) packInBackground(record);
      return record ? { model, ...active, engine: parseManifest(record.manifest).variants.find(({ id }) => id === active.variant)?.engine ?? 'onnx' } : null;
    },

    async check(text) {
      const { manifest, version } = await client(text).resolve(text);
      return { version, downloadBytes: (await planInstall(openedStore(), manifest)).downloadBytes };
    },

    async install(task, text, onProgress) {
      const controller = new AbortController();
      tasks.set(task, controller);
      try {
        const { name } = parseModelRef(text);
        // U0: one tab downloads a model at a time; the others wait, then find it here.
        const installed = await withLock(`perigee:update:${name}`, controller.signal, () => installVersion(openedStore(), client(text), text, { signal: controller.signal, onProgress: neverBack(onProgress) }));
        return transfer(installed, Object.values(installed.files ?? {}).map((bytes) => bytes.buffer));
      } finally {
        tasks.delete(task);
        releaseCallback(onProgress);
      }
    },

    async cancel(task) {
      tasks.get(task)?.abort(new PerigeeError('ABORTED', 'The download was aborted. What arrived is kept.'));
    },

    // U10: counted before the trial runs, so that a crash in it is seen at the next start.
    async beginTrial(candidate) {
      const record = await recordOf(candidate);
      const attempts = record.attempts + 1;
      await leaseVersion(openedStore(), candidate);
      await openedStore().putVersion({ ...record, attempts });
      return attempts;
    },

    // U11: one transaction; another tab may have flipped in between, which is seen by the epoch.
    async activate(candidate) {
      for (let attempt = 0; attempt < FLIP_ATTEMPTS; attempt += 1) {
        await recordOf(candidate);
        const current = await openedStore().getPointer(candidate.ref);
        const flipped = await openedStore().flip(candidate.ref, candidate, current?.epoch ?? 0);
        if (!flipped) continue;
        await openedStore().putVersion({ ...(await recordOf(candidate)), attempts: 0 });
        await endLease(openedStore(), candidate);
        await collectGarbage(openedStore());
        packInBackground(await recordOf(candidate));
        return flipped;
      }
      throw new PerigeeError('STORAGE', `${candidate.model}@${candidate.version} could not be activated: other tabs changed ${candidate.ref} ${FLIP_ATTEMPTS} times meanwhile.`, { retryable: true });
    },

    async reject(candidate) {
      const record = await recordOf(candidate);
      // An active version is what there is to fall back to; a failed retrial of it does not take it away.
      if (record.state !== 'active') await openedStore().putVersion({ ...record, state: 'bad' });
      await endLease(openedStore(), candidate);
      await collectGarbage(openedStore());
    },

    recall: (key) => openedStore().getValue(key),
    remember: (key, value) => openedStore().putValue(key, value),

    async storage() {
      const [objects, versions] = await Promise.all([openedStore().listObjects(), openedStore().listVersions()]);
      return {
        kind: openedStore().kind,
        chunkBytes: objects.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
        models: versions.map(({ model, version, variant, state, sizeBytes }) => ({ name: model, version, variant, state, sizeBytes })),
      };
    },

    async remove(model) {
      for (const pointer of await openedStore().listPointers()) if (pointer.model === model) await openedStore().deletePointer(pointer.ref);
      for (const record of await openedStore().listVersions(model)) {
        await openedStore().deleteVersion(model, record.version, record.variant);
        await endLease(openedStore(), record);
      }
      await collectGarbage(openedStore());
    },

    flushTelemetry: async (now) => telemetry?.flush({ force: now }) ?? NOTHING_SENT,
    telemetryStatus: async () => telemetry?.status() ?? NOTHING_SENT,
    previewTelemetry: () => previewTelemetry(openedStore()),
  };
}

/** An attempt that is taken back does not show. */
function neverBack(onProgress: InstallProgress): InstallProgress {
  let most = 0;
  return (loadedBytes, totalBytes, model) => {
    most = Math.max(most, loadedBytes);
    onProgress(most, totalBytes, model);
  };
}
