import type { Endpoint } from 'comlink';
import type { Backend, PerigeeConfig, RequestOptions } from '../config.ts';
import type { ClassifiedSource } from '../main/loading/model-source.ts';
import type { StoreLocation } from '../rpc/protocol.ts';

/**
 * The kinds of worker. TensorFlow.js models have a separate worker script, so that only their users
 * download its runtime.
 */
export type WorkerKind = 'inference' | 'tfjs' | 'updater';

/** A worker, as the rest of the SDK uses it. */
export interface WorkerHandle {
  readonly kind: WorkerKind;
  readonly endpoint: Endpoint;
  /**
   * Sets a listener that is called once when the worker ended by itself or could not start, with an
   * error if there is one.
   */
  onDeath(listener: (reason: unknown) => void): void;
  terminate(): void;
  /** Keeps the Node process alive while a call is in flight. */
  wake?(): void;
  /** Lets the Node process exit, because no call is in flight. */
  rest?(): void;
}

/** Files of the engines, such as wasm: name → URL. */
export type RuntimeFiles = Readonly<Record<string, string>>;

/** Compiled wasm by the URL of its file. */
export type CompiledWasm = Readonly<Record<string, WebAssembly.Module>>;

export type LifecycleSignal = 'online' | 'offline' | 'hidden' | 'visible';

export interface GpuReport {
  /** Identifies the GPU. */
  readonly key: string;
  readonly backends: readonly Backend[];
  /**
   * The line by which an app lets ONNX models use these backends, if it lacks the line. Absent: they
   * may use them.
   */
  readonly missingImport?: string;
  /** Backends that are not tried, and why. */
  readonly skipped: readonly {
    readonly backend: Backend;
    readonly reason: string;
    readonly isSoftware?: boolean;
  }[];
}

/** The platform: the code that differs between browsers and Node. */
export interface Runtime {
  /** @param assetsUrl the option of that name, for browsers; null: where the bundler put the files */
  spawn(kind: WorkerKind, assetsUrl: string | null): WorkerHandle;
  /** The files that inference workers load, which only the page can find. */
  files(assetsUrl: string | null, wasmUrl: string | null): RuntimeFiles;
  storeLocation(config: PerigeeConfig): StoreLocation;
  /**
   * Returns the note on a reference that a page before left, or replaces it, where there is
   * localStorage. `main/versions/last-visit.ts` has its content.
   */
  note?(ref: string, text?: string): string | null;
  /** Makes a caller's URL or path absolute. */
  resolveUrl(url: string): string;
  /** Returns the request options for a file that a worker cannot reach by itself. */
  requestFor?(source: ClassifiedSource): RequestOptions | undefined;
  /** Backends that exist without a check. */
  readonly startBackends: readonly Backend[];
  /**
   * Identifies the device's hardware and browser, without the GPU. Measured results are valid while
   * it stays the same.
   */
  deviceKey(): string;
  /** Reports on the GPU, which takes time. */
  gpu(): Promise<GpuReport>;
  /** Memory available to this process in MB. Absent in browsers, which report it themselves. */
  memoryMB?(): number;
  /**
   * Calls the listener when the process exits in an orderly way, and waits a short time for `done`
   * to become [1]. Absent in browsers.
   */
  onExit?(listener: (done: Int32Array) => void): () => void;
  /** Calls the listener on lifecycle changes. Resolves to a function that stops this. */
  onLifecycle(listener: (signal: LifecycleSignal) => void): Promise<() => void>;
}
