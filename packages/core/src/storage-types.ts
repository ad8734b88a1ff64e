import type { Backend, EngineName } from './config.ts';

/**
 * How `load()` would find a model, in the terms of the browsers' Prompt API. `available`: on this
 * device. `downloading`: being downloaded. `downloadable`: needs the network first. `unavailable`:
 * cannot be loaded.
 */
export type Availability = 'unavailable' | 'downloadable' | 'downloading' | 'available';

/** A version stored on this device. */
export interface StoredModel {
  readonly name: string;
  readonly version: string;
  readonly variant: string;
  readonly state: 'staging' | 'verified' | 'active' | 'previous' | 'bad';
  readonly sizeBytes: number;
  /** Why the version is `bad`. */
  readonly reason?: string;
  /**
   * The app left this version by `rollback()`; it did not fail. It is not installed again on this
   * device.
   */
  readonly rolledBack?: true;
  /**
   * The version did not fit into the store. It is in memory and lost when the page or process ends.
   */
  readonly isInMemory?: true;
}

/** A loaded model, as `models()` reports it. */
export interface LoadedModel {
  /** The reference by which the model was loaded, with its channel: `digits@stable`. */
  readonly ref: string;
  /** `busy`: calls are in flight. `released`: the workers were ended; the next call opens one. */
  readonly state: 'idle' | 'busy' | 'released';
  readonly backend: Backend;
  readonly engine: EngineName;
  /** wasm threads of each worker. */
  readonly threads: number;
  readonly workers: number;
  /**
   * Estimated memory of all the model's workers in bytes; `memoryBudgetMB` uses the same estimate.
   */
  readonly memoryBytes: number;
  /** When the model was loaded, or when its last call began or ended: milliseconds since 1970. */
  readonly lastUsedMs: number;
}

/** A version on this device, with its loaded models. */
export interface ListedModel extends Omit<StoredModel, 'state'> {
  /** `removed`: deleted from this device, but still loaded. */
  readonly state: StoredModel['state'] | 'removed';
  /** Empty when it is not loaded. */
  readonly loaded: readonly LoadedModel[];
}

/** A stored version whose bytes no longer match what was verified. `fault` describes the damage. */
export interface StoredFault {
  readonly name: string;
  readonly version: string;
  readonly variant: string;
  readonly state: StoredModel['state'];
  readonly fault: string;
}

/** The result of `storage.report()`. */
export interface StorageReport {
  readonly kind: 'indexeddb' | 'memory' | 'file-system';
  /** Bytes of all stored chunks. A chunk that several versions share counts once. */
  readonly chunkBytes: number;
  readonly models: readonly StoredModel[];
  /** Storage use of the whole origin in bytes, as the browser estimates it. */
  readonly usageBytes?: number;
  /** Storage quota of the whole origin in bytes, as the browser estimates it. */
  readonly quotaBytes?: number;
  /** Whether the browser promised not to evict the storage. */
  readonly persisted?: boolean;
}
