import type { PerigeeError } from './error.ts';

/**
 * Where kernels run. `cpu` is plain JavaScript: the instant engine for ONNX models, TensorFlow.js' own for its models. `native` is
 * onnxruntime-node. `auto` takes the fastest backend that reproduces the model's golden outputs on this device.
 */
export type Backend = 'webgpu' | 'webnn' | 'webgl' | 'wasm' | 'cpu' | 'native';
export type BackendChoice = 'auto' | Backend;

/**
 * - `local`: what is on this device; the network is touched only when nothing is.
 * - `localUpdateInBackground` (default): the same, then look for a newer version, which is used from the next load or `update()` on.
 * - `latest`: look first, answer with the newest version; with the one on this device when that cannot be had, with an `error` event that says why.
 */
export type UpdateStrategy = 'local' | 'localUpdateInBackground' | 'latest';

export type LoadPhase = 'resolve' | 'download' | 'verify' | 'compile' | 'ready';

/** Never goes backwards. 0 and 1 are always reported. */
export interface LoadProgress {
  readonly phase: LoadPhase;
  /** 0…1 over the whole load. */
  readonly fraction: number;
  /** Bytes of model files on this device so far, and in all; total is 0 until it is known. */
  readonly loadedBytes: number;
  readonly totalBytes: number;
}

/** The kind of a model file: ONNX, ONNX Runtime's own format, or TensorFlow.js. */
export type ModelFormat = 'onnx' | 'ort' | 'tfjs';

/** How hosts are asked for files. */
export interface RequestOptions {
  /**
   * Sent to the origin of the model's address, or of the registry's first address, and to no other:
   * not after a redirect, not to a mirror. `{ Authorization: 'Bearer …' }`.
   */
  readonly headers?: Readonly<Record<string, string>>;
  /** Cookies for that origin. Default: `same-origin` for a file, `omit` for a registry. */
  readonly credentials?: RequestCredentials;
  /** The app's own fetch. It runs on the thread that loads the model; the bytes go to the worker. */
  readonly fetch?: typeof fetch;
}

export interface LoadOptions {
  readonly backend?: BackendChoice;
  /** wasm threads; more than one needs a cross-origin isolated page. Default: chosen by the device, at most 4. */
  readonly threads?: number;
  /** Workers with a session each, for models whose sessions have one thread. Default 1. */
  readonly workers?: number;
  /** Most waiting predictions run together along a free batch dimension; 1: never. Default: found by measuring. */
  readonly maxBatch?: number;
  /** Calls that may wait before further ones are refused with QUEUE_FULL. Default 1,000. */
  readonly maxQueue?: number;
  /** Run once on made-up input before `load` resolves, so that the first real call is as fast as later ones. Default: no. */
  readonly warmUp?: boolean;
  /** Milliseconds without a call after which the worker and its memory are given back; the next call opens it again. Default: never. */
  readonly idleReleaseMs?: number;
  readonly update?: UpdateStrategy;
  /** With `latest`: milliseconds after which what is on this device answers instead. Default: none. */
  readonly latestTimeoutMs?: number;
  readonly onProgress?: (progress: LoadProgress) => void;
  /** Aborts the load; the promise rejects with the signal's reason. Bytes fetched so far are kept. */
  readonly signal?: AbortSignal;
  /** `false` keeps this model out of telemetry. */
  readonly telemetry?: false;
}

/** `background` calls wait while there are `interactive` ones, but never for ever. */
export type Priority = 'interactive' | 'background';

export interface PredictOptions {
  /** A waiting call is taken from the queue; a running one is left alone for a moment, then its worker is replaced. */
  readonly signal?: AbortSignal;
  /** Default `interactive`. */
  readonly priority?: Priority;
  /** Milliseconds after which the call rejects with TIMEOUT and the worker is replaced. Default: none. */
  readonly timeoutMs?: number;
  /** Move typed arrays of the input to the worker instead of copying them: they are unusable afterwards. */
  readonly transfer?: boolean;
}

export interface TelemetryConfig {
  /** The collector's origin, e.g. `https://collector.example.com/`. */
  readonly url: string;
  /** One of the collector's ingest keys, for fleets of Node. Pages send none: theirs is the origin. */
  readonly key?: string;
  /** How often counters are sealed and sent while the page is in use. Default 15 min, at least 1 s. */
  readonly intervalMs?: number;
  /** Of a model that declares segments, the one this app or user belongs to. A word the model does not declare is not sent. */
  readonly segment?: string;
  /** Share of devices that send, drawn anew each day, rounded to a power of two; the collector weights what comes. Default 1. */
  readonly sampling?: number;
  /** `required`: nothing is counted before `perigee.telemetry.setConsent(true)`, which is remembered. */
  readonly consent?: 'required';
  /** Send one randomised observation of each histogram a day instead of counts. ε from 0.1 to 20; 2 is usable from some 100,000 devices on. */
  readonly localPrivacy?: { readonly epsilon: number };
}

export interface PerigeeConfig {
  /** Base URL of the registry (or a folder, in Node), with those of its mirrors after it. Needed for loading by name. */
  readonly registry?: string | readonly string[];
  /**
   * Whom to trust: the root file that `perigee init` wrote, imported as JSON, as text or as bytes. A registry of the app's own origin may go
   * without: its first root is then fetched like the app's own code.
   */
  readonly trustedRoot?: object | string | Uint8Array;
  /** Decides about rollouts, stays on the device. Default: random, made once. Give a user's id to have one decision on all of a user's devices. */
  readonly installId?: string;
  /** Absent: nothing is ever sent. */
  readonly telemetry?: TelemetryConfig;
  /** Where models are kept. Default: IndexedDB in browsers, memory in Node; a folder path selects the file system in Node. */
  readonly store?: 'indexeddb' | 'memory' | { readonly folder: string };
  /**
   * Encrypts model files in IndexedDB with a key that scripts cannot read out: against copies of
   * the disk, not against script on the page. Reading gets slower. Refused with a folder.
   */
  readonly encryptAtRest?: boolean;
  /** Base URL the runtime's wasm files are served from. Default: beside the script, as bundlers emit them. */
  readonly wasmUrl?: string;
  /** Headers, credentials or a fetch of its own for the registry. */
  readonly request?: RequestOptions;
  /**
   * The memory that the loaded models may need together, by estimate: for each worker 32 MB and
   * twice the bytes of the model's files. Beyond it the least recently used idle models give their
   * workers back, and open one again at the next call. Default: a quarter of the device's memory,
   * of 4 GB where a browser does not say how much it has.
   */
  readonly memoryBudgetMB?: number;
}

export interface PerigeeEvents {
  /** A newer version is verified on this device; `model.update()` switches to it. */
  readonly updateready: { readonly model: string; readonly version: string };
  /** The backend that was asked for, or preferred, is not used; why. */
  readonly fallback: { readonly model: string; readonly from: string; readonly to: string; readonly reason: string };
  /** Something failed in the background; nothing the caller awaits. */
  readonly error: { readonly error: PerigeeError };
  /** The registry's signatures have expired, or do not verify: what is on this device goes on, nothing newer is taken. */
  readonly metadatastale: { readonly error: PerigeeError };
  /** The browser deleted what was stored here; it is fetched again. */
  readonly evicted: { readonly ref: string };
  /** An idle model gave its workers back to stay within `memoryBudgetMB`; its next call opens one again. */
  readonly released: { readonly model: string; readonly version: string; readonly reason: string };
  /** Telemetry batches waiting on this device. */
  readonly telemetry: { readonly queued: number; readonly sent: number; readonly lost: number };
}
