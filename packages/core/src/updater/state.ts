import { sendDirectly } from '../telemetry/upload.ts';
import type { TelemetryConfig } from '../config.ts';
import { PerigeeError } from '../error.ts';
import type { Requester } from '../request/requester.ts';
import type { NotKept } from '../rpc/updater-api.ts';
import type { MemoryOverflow } from '../store/memory-overflow.ts';
import type { ModelStore } from '../store/store.ts';
import type { TelemetryQueue } from '../telemetry/queue.ts';
import type { RegistryClient, RegistryOptions } from './registry-client.ts';
import { createStarts } from './starts.ts';
import type { Starts } from './starts.ts';

/** The state of an updater worker. `init()` sets the parts that may be undefined or null. */
export interface UpdaterState {
  store: ModelStore | undefined;
  /** Set once a version had no room in the store. `store` is then the combined one. */
  overflow: MemoryOverflow | undefined;
  registry: RegistryClient | undefined;
  registryOptions: RegistryOptions | null;
  ask: Requester | undefined;
  telemetry: TelemetryQueue | undefined;
  /** Sends uploads. */
  send: Requester;
  telemetryConfig: TelemetryConfig | null;
  /** Running installs by task. */
  readonly tasks: Map<string, AbortController>;
  /** Model names by task, from the start of an install until its trial begins or it fails. */
  readonly arriving: Map<string, string>;
  /** Versions that are kept for models whose workers were ended, with what releases them. */
  readonly kept: Map<string, () => void>;
  readonly starts: Starts;
  /**
   * Versions that were handed over before they were stored, by key. Each resolves once the version
   * is stored, to the reason why it is only in memory, or null.
   */
  readonly storing: Map<string, Promise<NotKept | null>>;
  /** That work, and activations that wait for it, with the names of their models. */
  readonly finishing: Set<Finishing>;
  /** The last report on answers. Reports are written one after the other. */
  lastReport: Promise<unknown>;
}

export function newState(): UpdaterState {
  return {
    store: undefined,
    overflow: undefined,
    registry: undefined,
    registryOptions: null,
    ask: undefined,
    telemetry: undefined,
    send: sendDirectly,
    telemetryConfig: null,
    tasks: new Map(),
    arriving: new Map(),
    kept: new Map(),
    starts: createStarts(),
    storing: new Map(),
    finishing: new Set(),
    lastReport: Promise.resolve(),
  };
}

interface Finishing {
  readonly model: string;
  readonly work: Promise<unknown>;
}

/** Notes work that `settled()` waits for. */
export function finishes<T>(
  { finishing }: UpdaterState,
  model: string,
  work: Promise<T>,
): Promise<T> {
  const noted = { model, work };
  finishing.add(noted);
  return work.finally(() => finishing.delete(noted));
}

/**
 * Resolves once versions that were handed over are stored, and activated if that was asked.
 * @param model default: the versions of all models
 */
export async function settled({ finishing }: UpdaterState, model?: string): Promise<void> {
  // An activation may begin while its version is being stored. It is noted by then.
  for (const { model: of, work } of finishing)
    if (model === undefined || of === model) await work.catch(() => undefined);
}

/** @throws PerigeeError STORAGE before `init()` */
export function storeOf({ store }: UpdaterState): ModelStore {
  if (!store) throw new PerigeeError('STORAGE', 'The updater was not started.');
  return store;
}

/** @throws PerigeeError INVALID_CONFIG without a registry */
export function registryOf({ registry }: UpdaterState, ref: string): RegistryClient {
  if (!registry)
    throw new PerigeeError(
      'INVALID_CONFIG',
      `Loading "${ref}" by name needs a registry: createPerigee({ registry: "https://…/" }).`,
    );
  return registry;
}
