/** Types of the calls each worker answers. Types only: nothing here runs. */
import type { Manifest, Signature } from '@perigee/registry';
import type { Backend, TelemetryConfig } from '../config.ts';
import type { Prediction, LoadTiming, StorageReport, Trial } from '../model-types.ts';
import type { Pointer, StoreKind } from '../store/store.ts';
import type { Tensor, Tensors } from '../tensor.ts';

/** Where the store is. `memory` lives in the updater worker; inference workers reach it through a port. */
export type StoreLocation =
  | { readonly kind: 'indexeddb'; readonly name: string }
  | { readonly kind: 'file-system'; readonly folder: string }
  | { readonly kind: 'memory' };

/** Pixels as they cross to the worker: RGBA, 8 bits a channel, row by row; or a bitmap that the worker draws. */
export type WireImage =
  | { readonly kind: 'pixels'; readonly width: number; readonly height: number; readonly data: Uint8ClampedArray | Uint8Array }
  | { readonly kind: 'bitmap'; readonly bitmap: ImageBitmap }
  | { readonly kind: 'encoded'; readonly blob: Blob };

/** Any `predict()` input as plain data. `tensors` carries typed arrays whose shape may still be missing. */
export type WireInput =
  | { readonly kind: 'image'; readonly image: WireImage }
  | { readonly kind: 'record'; readonly values: Readonly<Record<string, unknown>> }
  | { readonly kind: 'list'; readonly values: readonly unknown[] }
  | { readonly kind: 'array'; readonly data: ArrayBufferView };

export interface OpenOptions {
  readonly backend: Backend;
  readonly threads: number | null;
  readonly wasmUrl: string | null;
  /** Run the golden samples after opening and report; the caller decides. */
  readonly trial: boolean;
}

/** What an inference worker is to open. */
export type OpenSource =
  | { readonly kind: 'stored'; readonly model: string; readonly version: string; readonly variant: string }
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'files'; readonly entry: string; readonly files: Readonly<Record<string, Uint8Array>> };

export interface Opened {
  readonly signature: Signature;
  readonly manifest: Manifest | null;
  readonly threads: number;
  readonly timing: LoadTiming;
  readonly trial: Trial | null;
}

export interface InferenceApi {
  /** Before `open`: where the store is (null: bare models need none), the port to it when it is in memory, and whether to count. */
  attach(store: StoreLocation | null, port: MessagePort | null, observe: boolean): Promise<void>;
  open(source: OpenSource, options: OpenOptions, onProgress: ((loadedBytes: number, totalBytes: number) => void) | null): Promise<Opened>;
  predict(input: WireInput, sentAtMs: number): Promise<Prediction>;
  run(feeds: Tensors): Promise<Tensors>;
  feedback(id: string, label: string): Promise<void>;
  /** Count something that happened outside the worker: a failed or replaced call, a change of backend. */
  count(event: { readonly error: string } | { readonly fallback: true } | { readonly loadMs: number }): Promise<void>;
  /** Write counters into the store's open window. */
  record(): Promise<void>;
  close(): Promise<void>;
}

export interface UpdaterInit {
  readonly store: StoreLocation;
  readonly registry: string | null;
  readonly telemetry: TelemetryConfig | null;
}

/** A version whose every byte is verified and on this device. */
export interface Candidate {
  readonly ref: string;
  readonly model: string;
  readonly version: string;
  readonly variant: string;
  readonly sizeBytes: number;
}

export interface TelemetryStatus {
  readonly queued: number;
  readonly sent: number;
  readonly lost: number;
}

export interface UpdaterApi {
  /** Resolves to the kind of store in use: `memory` where a browser blocks IndexedDB. */
  init(config: UpdaterInit): Promise<StoreKind>;
  /** The version that answers for this reference now, without touching the network. */
  local(ref: string): Promise<Pointer | null>;
  /** What the registry offers for it. */
  check(ref: string): Promise<{ readonly version: string; readonly downloadBytes: number }>;
  /** Download and verify. `task` names the call for `cancel()`. */
  install(task: string, ref: string, onProgress: (loadedBytes: number, totalBytes: number) => void): Promise<Candidate>;
  cancel(task: string): Promise<void>;
  /** Count an attempt durably, before a trial is run. Resolves to the number of attempts so far, this one included. */
  beginTrial(candidate: Candidate): Promise<number>;
  /** Make it the version that answers. */
  activate(candidate: Candidate): Promise<Pointer>;
  /** Never try this version again on this device. */
  reject(candidate: Candidate, reason: string): Promise<void>;
  /** Small values by name, for what the page wants remembered (the backend that won a trial). */
  recall(key: string): Promise<unknown>;
  remember(key: string, value: unknown): Promise<void>;
  storage(): Promise<StorageReport>;
  remove(model: string): Promise<void>;
  /** Seal what is recorded and send what is queued; with `now` also when a wait is not over. */
  flushTelemetry(now: boolean): Promise<TelemetryStatus>;
  telemetryStatus(): Promise<TelemetryStatus>;
  /** The next payload, readable. */
  previewTelemetry(): Promise<unknown>;
  /** For inference workers, when the store is in memory: answers ModelStore calls on this port. */
  shareStore(port: MessagePort): Promise<void>;
}

export type { Tensor };
