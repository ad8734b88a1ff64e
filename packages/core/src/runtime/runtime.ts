import type { Endpoint } from 'comlink';
import type { Backend, PerigeeConfig, RequestOptions } from '../config.ts';
import type { ClassifiedSource } from '../model-source.ts';
import type { StoreLocation } from '../rpc/protocol.ts';

/** TensorFlow.js models have a worker script of their own, so that nobody else downloads their runtime. */
export type WorkerKind = 'inference' | 'tfjs' | 'updater';

/** A spawned worker as the rest of the SDK sees it. */
export interface WorkerHandle {
  readonly kind: WorkerKind;
  readonly endpoint: Endpoint;
  /** Called once, when the worker ended by itself or could not start: with an error of its own where there is one. */
  onDeath(listener: (reason: unknown) => void): void;
  terminate(): void;
  /** There is a call in flight: keep the process alive (Node). */
  wake?(): void;
  /** There is none: the process may exit (Node). */
  rest?(): void;
}

export type LifecycleSignal = 'online' | 'offline' | 'hidden' | 'visible';

export interface GpuReport {
  /** Tells this GPU from others. */
  readonly key: string;
  readonly backends: readonly Backend[];
  /** Backends that exist and need no trial, and why. */
  readonly skipped: readonly { readonly backend: Backend; readonly reason: string; readonly isSoftware?: boolean }[];
}

/** What differs between a browser and Node; everything else is shared. */
export interface Runtime {
  spawn(kind: WorkerKind): WorkerHandle;
  storeLocation(config: PerigeeConfig): StoreLocation;
  /** A URL or path given by the caller → absolute. */
  resolveUrl(url: string): string;
  /** How a file is asked for that no worker can reach by itself. */
  requestFor?(source: ClassifiedSource): RequestOptions | undefined;
  /** Backends that are there without asking. */
  readonly startBackends: readonly Backend[];
  /** Tells this device's way of computing from others (browser, cores), the GPU left out: what was found by measuring holds while it stays the same. */
  deviceKey(): string;
  /** What takes a moment to find out. */
  gpu(): Promise<GpuReport>;
  /** Memory that this process may have, in MB. Absent where only the browser can be asked. */
  memoryMB?(): number;
  /**
   * Calls back when the process exits in an orderly way, and waits for `done` to become [1], but
   * not for long. Absent in browsers.
   */
  onExit?(listener: (done: Int32Array) => void): () => void;
  /** Calls back on lifecycle changes; resolves to the function that stops it. */
  onLifecycle(listener: (signal: LifecycleSignal) => void): Promise<() => void>;
}
