import type { BackendName } from '@perigee/registry';
import type { PerigeeError } from './error.ts';
import type { Credentials } from './platform-types.ts';

/**
 * The device or runtime that executes a model's kernels. `cpu` is plain JavaScript: the instant
 * engine for ONNX models, the CPU backend of TensorFlow.js for its own models. `native` is
 * onnxruntime-node.
 */
export type Backend = BackendName;
/**
 * A backend, or `auto`: the fastest backend that reproduces the model's golden outputs on this
 * device.
 */
export type BackendChoice = 'auto' | Backend;

/**
 * When `load()` looks for a newer version.
 * - `local`: use the version on this device; touch the network only when there is none.
 * - `localUpdateInBackground` (default): the same, then look for a newer version in the background.
 *   The next load or `update()` switches to it.
 * - `latest`: look first and load the newest version. If it cannot be loaded, use the version on
 *   this device. An `error` or `metadatastale` event gives the reason, except after a network
 *   failure, a timeout or a rollback.
 */
export type UpdateStrategy = 'local' | 'localUpdateInBackground' | 'latest';

/** The steps of a load, in order. */
export type LoadPhase = 'resolve' | 'download' | 'verify' | 'compile' | 'ready';

/** The progress of one load. `fraction` never decreases, and 0 and 1 are always reported. */
export interface LoadProgress {
  readonly phase: LoadPhase;
  /** The share of the whole load that is done, in [0, 1]. */
  readonly fraction: number;
  /** Bytes of the model's files that are on this device so far. */
  readonly loadedBytes: number;
  /** Bytes of all the model's files; 0 until known. */
  readonly totalBytes: number;
}

/** The engine that runs a model: our own, ONNX Runtime, or TensorFlow.js. */
export type EngineName = 'instant' | 'onnx' | 'tfjs';

/** The kind of a model file: ONNX, ONNX Runtime's own format, or TensorFlow.js. */
export type ModelFormat = 'onnx' | 'ort' | 'tfjs';

/** HTTP options for model files and registries. */
export interface RequestOptions {
  /**
   * Extra request headers, for example `{ Authorization: 'Bearer …' }`. They are sent only to the
   * origin of the model's URL, or of the registry's first URL; redirects and mirrors to other
   * origins do not receive them.
   */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * Whether to send cookies to that origin. Default: `same-origin` for a file, `omit` for a
   * registry.
   */
  readonly credentials?: Credentials;
  /**
   * A replacement for `fetch`. It runs on the thread that loads the model; the bytes go to the
   * worker.
   */
  readonly fetch?: typeof fetch;
}

/** Options of `load()` and `loadModel()`. */
export interface LoadOptions {
  /** The backend to run on. Default: `auto`; see `loadModel()` for files. */
  readonly backend?: BackendChoice;
  /**
   * Threads of the wasm backend. More than one needs a cross-origin isolated page. Default: half
   * the device's cores, at most 4.
   */
  readonly threads?: number;
  /**
   * Number of workers, each with its own session. Useful for models whose sessions have one thread.
   * Default 1.
   */
  readonly workers?: number;
  /**
   * The largest number of waiting predictions to batch along a free first dimension; 1 disables
   * batching. Default: measured.
   */
  readonly maxBatch?: number;
  /**
   * The number of unanswered calls at which further calls are refused with QUEUE_FULL. Default
   * 1,000.
   */
  readonly maxQueue?: number;
  /**
   * Run the model once on generated input before `load()` resolves, so that the first call is as
   * fast as later ones. Default false.
   */
  readonly warmUp?: boolean;
  /**
   * Milliseconds without a call after which the worker is ended to free its memory. The next call
   * opens a new one. Default: never.
   */
  readonly idleReleaseMs?: number;
  /** Default `localUpdateInBackground`. */
  readonly update?: UpdateStrategy;
  /**
   * With `latest`: milliseconds to wait for the newest version before the version on this device is
   * used instead. Default: no limit.
   */
  readonly latestTimeoutMs?: number;
  /** Called with the progress of the load. */
  readonly onProgress?: (progress: LoadProgress) => void;
  /**
   * Aborts the load. The promise rejects with the signal's reason. Bytes already downloaded are
   * kept.
   */
  readonly signal?: AbortSignal;
  /** `false` excludes this model from telemetry. */
  readonly telemetry?: false;
}

/** `background` calls wait while `interactive` calls are queued, but not indefinitely. */
export type Priority = 'interactive' | 'background';

/** Options of one call. */
export interface PredictOptions {
  /**
   * Cancels the call. A waiting call leaves the queue. A running call has 1 s to end; then its
   * worker is replaced.
   */
  readonly signal?: AbortSignal;
  /** Default `interactive`. */
  readonly priority?: Priority;
  /**
   * Milliseconds after which the call rejects with TIMEOUT. A running call has 200 ms more to end;
   * then its worker is replaced. Default: no limit.
   */
  readonly timeoutMs?: number;
  /**
   * Transfer the input's typed arrays to the worker instead of copying them. They are unusable
   * afterwards. Default false.
   */
  readonly transfer?: boolean;
}

/** Settings of telemetry: its collector and its content. */
export interface TelemetryConfig {
  /** The collector's URL, for example `https://collector.example.com/`. */
  readonly url: string;
  /**
   * An ingest key of the collector, for Node. Pages send no key: the collector checks their origin.
   */
  readonly key?: string;
  /**
   * Interval in milliseconds at which counters are sealed and sent while the page is in use.
   * Default 900,000 (15 min), at least 1,000.
   */
  readonly intervalMs?: number;
  /**
   * The segment of this app or user, for models that declare segments. A segment that the model
   * does not declare is not sent.
   */
  readonly segment?: string;
  /**
   * Share of devices that send, in (0, 1], drawn anew each day and rounded to a power of two. The
   * collector weights the counts accordingly. Default 1.
   */
  readonly sampling?: number;
  /**
   * `required`: count nothing before `perigee.telemetry.setConsent(true)`, which is remembered on
   * this device.
   */
  readonly consent?: 'required';
  /**
   * Local differential privacy: send one randomised observation of each histogram a day instead of
   * counts. `epsilon` is in [0.1, 20]; 2 is usable from about 100,000 devices.
   */
  readonly localPrivacy?: { readonly epsilon: number };
  /**
   * A replacement for `fetch` for uploads. It runs on the thread that called `createPerigee()`.
   * `request.fetch` is for the registry only, because it may add secrets of that host.
   */
  readonly fetch?: typeof fetch;
}

/** Telemetry batches that are queued on this device, were sent, or were lost. */
export interface TelemetryStatus {
  readonly queued: number;
  readonly sent: number;
  readonly lost: number;
}

/** Options of `createPerigee()`. */
export interface PerigeeConfig {
  /**
   * Base URL of the registry (a folder path in Node), optionally followed by those of its mirrors.
   * Required for loading by name.
   */
  readonly registry?: string | readonly string[];
  /**
   * The trusted root of the registry: the root file written by `perigee init`, as imported JSON,
   * text or bytes. Optional for a registry on the app's own origin: its first root is then fetched
   * from there, like the app's own code.
   */
  readonly trustedRoot?: object | string | Uint8Array;
  /**
   * Seed for rollout decisions; it stays on the device. Default: random, generated once. Pass a
   * user's id to get the same decision on all devices of that user.
   */
  readonly installId?: string;
  /** Default: no telemetry; nothing is sent. */
  readonly telemetry?: TelemetryConfig;
  /**
   * Where models are stored. `{ folder }` selects the file system in Node. Default: IndexedDB in
   * browsers, memory in Node.
   */
  readonly store?: 'indexeddb' | 'memory' | { readonly folder: string };
  /**
   * Encrypts model files in IndexedDB with a non-extractable key. This protects against copies of
   * the disk, not against scripts on the page, and makes reads slower. Refused with a folder.
   * Default false.
   */
  readonly encryptAtRest?: boolean;
  /**
   * URL of a copy of the package's folder `dist/browser`: workers, engines and their wasm. For
   * set-ups that do not emit these files by themselves, such as esbuild. Default: where the bundler
   * put them. Without effect in Node.
   */
  readonly assetsUrl?: string;
  /** URL of the folder with the wasm files. Default: where the bundler put them, or `assetsUrl`. */
  readonly wasmUrl?: string;
  /** HTTP options for the registry. */
  readonly request?: RequestOptions;
  /**
   * Budget in MB for the estimated memory of all models loaded from here, and of the files that
   * `loadModel()` opened. The estimate for each worker is 32 MB plus twice the size of the model's
   * files. Beyond the budget, the least recently used idle models end their workers and open new
   * ones at the next call; files that may not come again keep theirs. Default: a quarter of the
   * device's memory; 4 GB is assumed where a browser does not report it. The default limits files
   * only where no Perigee has a budget of its own, and while models are loaded from here.
   */
  readonly memoryBudgetMB?: number;
}

/** Events of a `Perigee`, with their payloads. */
export interface PerigeeEvents {
  /** A newer version was downloaded and verified; `model.update()` switches to it. */
  readonly updateready: { readonly model: string; readonly version: string };
  /** The requested or preferred backend is not used; `reason` says why. */
  readonly fallback: {
    readonly model: string;
    readonly from: string;
    readonly to: string;
    readonly reason: string;
  };
  /** A background operation failed. */
  readonly error: { readonly error: PerigeeError };
  /**
   * The registry's signatures have expired or do not verify. The version on this device stays in
   * use; no newer one is taken.
   */
  readonly metadatastale: { readonly error: PerigeeError };
  /** The browser evicted the stored models; they are downloaded again. */
  readonly evicted: { readonly ref: string };
  /**
   * An idle model's workers were ended to stay within `memoryBudgetMB`. The model's next call opens
   * a new one. A file has the version `0.0.0`.
   */
  readonly released: { readonly model: string; readonly version: string; readonly reason: string };
  /** Telemetry batches that are queued on this device, were sent, or were lost. */
  readonly telemetry: { readonly queued: number; readonly sent: number; readonly lost: number };
}
