import { PerigeeError } from '../error.ts';
import { releaseCallback } from '../rpc/release.ts';
import type { StoreLocation } from '../rpc/protocol.ts';
import type { UpdaterApi } from '../rpc/updater-api.ts';
import { remoteFetch } from '../request/remote-fetch.ts';
import { createRequester } from '../request/requester.ts';
import { openStore } from '../store/open-store.ts';
import type { ModelStore } from '../store/store.ts';
import { checkTelemetry } from '../telemetry/check-telemetry.ts';
import {
  checkTelemetry as checkTelemetryConfig,
  forgetCounts,
  setConsent,
} from '../telemetry/permission.ts';
import { previewTelemetry } from '../telemetry/preview.ts';
import { createTelemetryQueue } from '../telemetry/queue.ts';
import { onAnnounced } from './announce.ts';
import { audit, auditEntries, brokenAt } from './audit.ts';
import { checkRegistry } from './check-registry.ts';
import { installMethods } from './install-methods.ts';
import { createRegistryClient } from './registry-client.ts';
import { newState, settled, storeOf } from './state.ts';
import type { UpdaterState } from './state.ts';
import { removeModel, reportStorage, verifyStorage } from './storage.ts';
import { activeMethods, probationMethods, trialMethods } from './version-methods.ts';

const NOTHING_SENT = { queued: 0, sent: 0, lost: 0 } as const;

/**
 * All methods of the updater worker, except the port to a store in memory, which updater-api.ts
 * adds.
 */
export type Updater = Omit<UpdaterApi, 'shareStore'> & { readonly store: () => ModelStore };

export function createUpdater(
  open: (location: StoreLocation) => Promise<ModelStore> = openStore,
): Updater {
  const state = newState();
  return {
    store: () => storeOf(state),
    async init(config, onFlip, request = null, uploads = null) {
      state.store = await open(config.store);
      state.ask = createRequester(request, config.registry?.bases[0] ?? 'about:blank');
      state.registryOptions = config.registry;
      if (config.registry) needDigests();
      if (config.registry)
        state.registry = createRegistryClient(state.store, config.registry, state.ask);
      if (config.telemetry) checkTelemetryConfig(config.telemetry);
      if (uploads?.port) state.send = remoteFetch(uploads.port);
      if (config.telemetry)
        state.telemetry = createTelemetryQueue(state.store, config.telemetry, state.send);
      state.telemetryConfig = config.telemetry;
      if (onFlip && !onAnnounced(onFlip)) releaseCallback(onFlip);
      return state.store.kind;
    },
    ...installMethods(state),
    ...trialMethods(state),
    ...activeMethods(state),
    ...probationMethods(state),
    ...storageMethods(state),
    ...telemetryMethods(state),
  };
}

/**
 * A registry is trusted by its digests and signatures.
 * @throws PerigeeError INVALID_CONFIG
 */
function needDigests(): void {
  // The types do not know pages without it.
  const { subtle } = globalThis.crypto as { readonly subtle?: SubtleCrypto };
  if (subtle) return;
  throw new PerigeeError(
    'INVALID_CONFIG',
    'A registry needs crypto.subtle, and browsers give it to secure pages only. Serve the page ' +
      'over HTTPS or from localhost. In a sandboxed frame add allow-same-origin, or load the ' +
      'model from a file.',
  );
}

type StorageMethods = Pick<
  UpdaterApi,
  | 'recall'
  | 'remember'
  | 'storage'
  | 'verifyStorage'
  | 'remove'
  | 'checkUp'
  | 'auditLog'
  | 'noteAudit'
>;

/** Methods that read and check the state of this device. */
function storageMethods(state: UpdaterState): StorageMethods {
  return {
    recall: (key) => storeOf(state).getValue(key),
    remember: (key, value) => storeOf(state).putValue(key, value),
    storage: () => settled(state).then(() => reportStorage(storeOf(state))),
    verifyStorage: () => settled(state).then(() => verifyStorage(storeOf(state))),
    remove: (model) => settled(state, model).then(() => removeModel(storeOf(state), model)),
    async checkUp(timeoutMs) {
      const { registry, registryOptions, telemetryConfig, ask, send } = state;
      const store = storeOf(state);
      const [base = ''] = registryOptions?.bases ?? [];
      const [ofRegistry, ofTelemetry] = await Promise.all([
        registry ? checkRegistry(store, registry, base, timeoutMs, ask) : null,
        telemetryConfig ? checkTelemetry(store, telemetryConfig, timeoutMs, send) : null,
      ]);
      return { registry: ofRegistry, telemetry: ofTelemetry };
    },
    async auditLog() {
      const entries = await auditEntries(storeOf(state));
      return { entries, brokenAt: await brokenAt(entries) };
    },
    noteAudit: (facts) => audit(storeOf(state), facts),
  };
}

type TelemetryMethods = Pick<
  UpdaterApi,
  'flushTelemetry' | 'telemetryStatus' | 'setConsent' | 'previewTelemetry'
>;

function telemetryMethods(state: UpdaterState): TelemetryMethods {
  return {
    flushTelemetry: async (now) => state.telemetry?.flush({ force: now }) ?? NOTHING_SENT,
    telemetryStatus: async () => state.telemetry?.status() ?? NOTHING_SENT,
    async setConsent(given) {
      await setConsent(storeOf(state), given);
      if (!given) await forgetCounts(storeOf(state));
    },
    previewTelemetry: () => previewTelemetry(storeOf(state)),
  };
}
