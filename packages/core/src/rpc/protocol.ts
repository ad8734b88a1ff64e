/** Types of the calls that each worker answers. This file has no runtime code. */
import type { GoldenSamples, Manifest, Signature, Variant } from '@perigee/registry';
import type { Backend, ModelFormat, TelemetryConfig } from '../config.ts';
import type { EngineName } from '../engines/load-engine.ts';
import type { WireError } from '../error.ts';
import type { InputShapes } from '../inference/probe.ts';
import type { Availability, LoadTiming, StorageReport, StoredFault, Trial, Truth } from '../model-types.ts';
import type { Flip } from '../updater/announce.ts';
import type { Files } from '../updater/assembly.ts';
import type { AuditEntry, AuditFacts } from '../updater/audit.ts';
import type { Installed } from '../updater/install.ts';
import type { Pace } from '../updater/pace.ts';
import type { RegistryOptions } from '../updater/registry-client.ts';
import type { Pointer, StoreKind } from '../store/store.ts';
import type { Tensors } from '../tensor.ts';
import type { Columns } from './columns.ts';

/**
 * The location of the store. `memory` is in the updater worker; inference workers reach it through
 * a port.
 */
export type StoreLocation =
  | { readonly kind: 'indexeddb'; readonly name: string; readonly encrypted?: boolean | undefined }
  | { readonly kind: 'file-system'; readonly folder: string }
  | { readonly kind: 'memory' };

/**
 * An image for the worker: RGBA pixels (8 bits a channel, row by row), a bitmap that the worker
 * draws, or an encoded file. `more` has the other fields of a plain object, for models with inputs
 * named `width`, `height` or `data`.
 */
export type WireImage =
  | {
      readonly kind: 'pixels';
      readonly width: number;
      readonly height: number;
      readonly data: Uint8ClampedArray | Uint8Array;
      readonly more?: Readonly<Record<string, unknown>> | false;
    }
  | { readonly kind: 'bitmap'; readonly bitmap: ImageBitmap }
  | { readonly kind: 'encoded'; readonly blob: Blob };

/** Any `predict()` input as plain data. The shapes of arrays may still be unknown. */
export type WireInput =
  | { readonly kind: 'image'; readonly image: WireImage }
  | { readonly kind: 'record'; readonly values: Readonly<Record<string, unknown>> }
  | { readonly kind: 'list'; readonly values: readonly unknown[] }
  | { readonly kind: 'array'; readonly data: ArrayBufferView };

/** A predict() or run() call to the inference worker. */
export interface WireCall {
  readonly id: number;
  /** The input of predict(), for the pipeline; or `feeds`, the raw tensors of run(). */
  readonly input: WireInput | { readonly kind: 'feeds'; readonly feeds: Tensors; readonly outputs: readonly string[] | null };
  /**
   * When the call was sent, in milliseconds since 1970 with a fraction; page and worker share this
   * clock.
   */
  readonly sentAtMs: number;
  readonly background: boolean;
  /** Whether its large arrays are in pooled buffers, which the worker sends back. */
  readonly lent: boolean;
}

/** Page → worker: `count` calls of one turn, as columns of WireCall; or a call to cancel. */
export interface CallMessage {
  readonly calls?: Columns;
  readonly count?: number;
  /** The worker has no other call, so the page counts this one as begun without being told. */
  readonly lone?: boolean;
  readonly cancel?: number;
}

/** The answers of a batch, with the engine's outputs; the page splits them (cut-answers.ts). */
export interface WireAnswers {
  readonly ids: readonly number[];
  /** Number of output rows of each call. A single call has all rows. */
  readonly rows: readonly number[];
  readonly outputs: Tensors;
  /**
   * For each call the output of postprocessing, or the name of the output tensor; null for run().
   */
  readonly output: readonly unknown[];
  /**
   * For each call: queue, preprocess, inference, postprocess and total time in milliseconds, the
   * batch size, and 1 for a session's first run.
   */
  readonly timings: readonly number[];
}

export type Answer = WireAnswers | { readonly id: number; readonly error: WireError };

/** Worker → page: the answers to all begun calls, or the numbers of the calls that begin now. */
export interface AnswerMessage {
  readonly answers?: readonly Answer[];
  /** Buffers of the inputs, for the page to reuse. */
  readonly lent?: readonly ArrayBuffer[];
  readonly begun?: readonly number[];
}

/**
 * The samples that a backend is tried with: the release's golden samples or, for a bare file,
 * probes whose outputs come from the safe backend.
 */
export type TrialKind = 'none' | 'golden' | { readonly probes: GoldenSamples };

export interface OpenOptions {
  /**
   * Backends to try in order. The next is tried only if one cannot run this model or gives wrong
   * outputs.
   */
  readonly backends: readonly Backend[];
  /** Whether to order the backends by what starts this kind of file best. */
  readonly auto: boolean;
  /** Backends that exist without a check. */
  readonly available: readonly Backend[];
  readonly threads: number | null;
  readonly wasmUrl: string | null;
  readonly maxBatch: number | null;
  readonly warmUp: boolean;
  /** Samples to run after opening. The worker reports the results; the caller decides. */
  readonly trial: TrialKind;
}

/** The model that an inference worker opens. */
export type OpenSource =
  | { readonly kind: 'stored'; readonly model: string; readonly version: string; readonly variant: string; readonly engine: Variant['engine'] }
  | { readonly kind: 'url'; readonly url: string; format?: ModelFormat | undefined }
  | { readonly kind: 'files'; readonly files: Readonly<Record<string, Blob>>; format?: ModelFormat | undefined };

/** HTTP options for the worker. */
export interface WireRequest {
  readonly headers: readonly (readonly [string, string])[];
  readonly credentials: RequestCredentials | null;
  /** Port to the app's own fetch. */
  readonly port: MessagePort | null;
  /** The invalid option and what was expected; null when all are valid. */
  readonly wrong: string | null;
}

/**
 * Worker → page, for the app's own fetch. With a URL: a request. Without: a request for the next
 * part of the body, or with `stop` its cancellation.
 */
export interface FetchCall {
  readonly id: number;
  readonly url?: string;
  readonly init?: RequestInit;
  readonly stop?: true;
}

/** Page → worker. A null part ends the body. */
export type FetchAnswer =
  | { readonly id: number; readonly head: { readonly status: number; readonly type: ResponseType; readonly headers: readonly (readonly [string, string])[]; readonly hasBody: boolean } }
  | { readonly id: number; readonly part: Uint8Array<ArrayBuffer> | null }
  | { readonly id: number; readonly error: string };

/** The file needs the engine of another worker, which may use the fetched bytes. */
export interface Elsewhere {
  readonly format: ModelFormat;
  readonly files: Files | null;
}

export interface Opened {
  /** Name of the file that the engine opened. */
  readonly entry: string;
  readonly backend: Backend;
  /** Backends to fall back to for this kind of file, whether or not they exist here. */
  readonly next: readonly Backend[];
  /** Backends that may be faster, whether or not they exist here. */
  readonly faster: readonly Backend[];
  readonly engine: EngineName;
  readonly signature: Signature;
  readonly manifest: Manifest | null;
  readonly threads: number;
  /** Whether the model runs in the thread that loaded it. */
  readonly inPlace: boolean;
  readonly timing: LoadTiming;
  /** Trials of this opening; the last is of the backend in use, and the others were refused. */
  readonly trials: readonly Trial[];
  /** Prefix of prediction ids; the call's number follows. */
  readonly idPrefix: string;
}

/** Facts about a model that are known before its bytes arrive. */
export interface ModelFacts {
  readonly engine: Variant['engine'];
  readonly entry: string;
  /** Size of the entry file in bytes. */
  readonly sizeBytes: number;
}

/**
 * A file as the browser measured it, in bytes. Sizes are 0 where the host hides them from scripts.
 */
export interface FetchedFile {
  readonly url: string;
  /** The size of the file as sent, compressed or not. */
  readonly encodedBytes: number;
  readonly decodedBytes: number;
}

/** The methods of an inference worker. */
export interface InferenceApi {
  /**
   * Call before `open`. Sets the store's location (null for bare files), the port to a store in
   * memory, and the telemetry options.
   */
  attach(store: StoreLocation | null, port: MessagePort | null, telemetry: TelemetryConfig | false | null): Promise<void>;
  /**
   * Tells that the updater with the store in memory ended (null), or passes a port to the new one.
   */
  relink(port: MessagePort | null): Promise<void>;
  open(source: OpenSource, options: OpenOptions, onProgress: ((loadedBytes: number, totalBytes: number) => void) | null, files: Files | null, request: WireRequest | null): Promise<Opened | Elsewhere>;
  /**
   * Starts the runtime that this file will need, if that is clear, while its bytes are being
   * downloaded.
   */
  prepare(file: ModelFacts, options: OpenOptions): Promise<void>;
  /** The input shapes of the last call; null before the first. */
  lastShapes(): Promise<InputShapes | null>;
  /**
   * Generates inputs and returns them with this session's outputs and the median time; null when
   * the session cannot run any.
   */
  probe(like: InputShapes | null): Promise<{ readonly probes: GoldenSamples; readonly medianMs: number } | null>;
  feedback(id: string, truth: Truth): Promise<void>;
  /** Starts the runtime of the first backend without opening a model. */
  startRuntime(options: OpenOptions): Promise<void>;
  /** The wasm files that this worker fetched. */
  wasmFiles(): Promise<readonly FetchedFile[]>;
  /** Counts an event outside the worker: a failed or replaced call, or a change of backend. */
  count(event: { readonly error: string } | { readonly fallback: true } | { readonly loadMs: number }): Promise<void>;
  /** Writes the counters into the store's open window. */
  record(): Promise<void>;
  close(): Promise<void>;
}

export interface UpdaterInit {
  readonly store: StoreLocation;
  readonly registry: RegistryOptions | null;
  readonly telemetry: TelemetryConfig | null;
}

/** A version that is on this device with every byte verified. */
export interface Candidate {
  readonly ref: string;
  readonly model: string;
  readonly version: string;
  readonly variant: string;
  readonly engine: Variant['engine'];
  readonly sizeBytes: number;
  /** Why this version was chosen: a channel, a rollout, a pin, … */
  readonly reason: string;
}

export type InstallProgress = (loadedBytes: number, totalBytes: number, model?: ModelFacts) => void;

export interface TelemetryStatus {
  readonly queued: number;
  readonly sent: number;
  readonly lost: number;
}

/** The version that answers for a reference at this start. */
export interface LocalVersion {
  readonly model: string;
  readonly version: string;
  readonly variant: string;
  readonly engine: Variant['engine'];
  /**
   * Whether the version became active recently and has yet to show that it works; see `heardGood`.
   */
  readonly onProbation: boolean;
  readonly sizeBytes: number;
}

/** What a registry offers for a reference. */
export interface Offer {
  readonly version: string;
  readonly reason: string;
  readonly downloadBytes: number;
  /** Whether the app rolled this version back on this device; it is then not installed. */
  readonly isLeft: boolean;
}

/** A report on a version's answers since the last report. */
export interface Heard {
  readonly version: string;
  readonly variant: string;
  readonly answers: number;
  readonly pace: Pace;
}

export interface HeardVerdict {
  /** Whether the version is on probation. */
  readonly onProbation: boolean;
  /** Why the version is too slow and must be rolled back; null when it is not. */
  readonly slow: string | null;
  /** Whether no further reports are needed. */
  readonly done: boolean;
}

/** The checks that only the updater worker can make for `doctor()`. */
export interface CheckUp {
  /** The state of the registry; null without a registry. */
  readonly registry: RegistryCheck | null;
  /** The state of telemetry; null without a collector. */
  readonly telemetry: TelemetryCheck | null;
}

export interface TelemetryCheck {
  readonly url: string;
  /** Why nothing is counted; null when it is. */
  readonly off: 'global-privacy-control' | 'consent' | null;
  /** Why the collector cannot accept counts; null when it can. */
  readonly fault: string | null;
}

export interface RegistryCheck {
  readonly base: string;
  /** Why its metadata could not be refreshed; null when it was. */
  readonly fault: { readonly code: string; readonly message: string } | null;
  /** Whether the metadata on this device has expired. */
  readonly isStale: boolean;
  /**
   * Milliseconds by which this device's clock is ahead of other known clocks; negative when behind.
   */
  readonly clockAheadMs: number;
}

/** The methods of the updater worker. */
export interface UpdaterApi {
  /**
   * Initialises the updater. Resolves to the kind of store in use: `memory` where a browser blocks
   * IndexedDB. `onFlip` is called when another tab activated a version.
   */
  init(config: UpdaterInit, onFlip: ((flip: Flip) => void) | null, request?: WireRequest | null): Promise<StoreKind>;
  /** Returns the version that answers at a start, without the network. Counts no start. */
  local(ref: string): Promise<LocalVersion | null>;
  /**
   * Says how a load would find the model. Uses the network only when nothing on this device
   * answers.
   */
  availability(ref: string, backends: readonly string[]): Promise<Availability>;
  /** Returns what the registry offers this device for the reference, and why. */
  check(ref: string, backends: readonly string[]): Promise<Offer>;
  /**
   * Downloads and verifies a version. `task` identifies the call for `cancel()`. The first progress
   * report describes the model. A given `variant` is installed whatever the backends are.
   */
  install(
    task: string, ref: string, backends: readonly string[], onProgress: InstallProgress,
    variant?: string,
  ): Promise<Installed>;
  /** Aborts an install, or tells that no trial follows it. */
  cancel(task: string): Promise<void>;
  /**
   * Counts a trial durably before it runs. Resolves to the number of trials so far, including this
   * one.
   */
  beginTrial(candidate: Candidate): Promise<number>;
  /** Tells that a trial ended in an orderly way, whether it passed or failed. */
  endTrial(candidate: Candidate): Promise<void>;
  /** Makes the candidate the version that answers. */
  activate(candidate: Candidate): Promise<Pointer>;
  /**
   * Marks a version so that this device never tries it again. `code` is the error code to count;
   * null when nothing is counted.
   */
  reject(candidate: Candidate, reason: string, code: string | null): Promise<void>;
  /**
   * Goes back to the previous version and never takes this one again; null when there is none.
   * `isFaulty`: the version was found faulty; false when the app chose the rollback.
   */
  rollBack(ref: string, reason: string, isFaulty: boolean): Promise<LocalVersion | null>;
  /** Reports good answers of a version; 0 answers when a page just ended in an orderly way. */
  heardGood(ref: string, heard: Heard): Promise<HeardVerdict>;
  /**
   * Counts starts of a version on probation that took down their process or page. Resolves to the
   * version that answers after that. `left`: pages that were left in an orderly way.
   */
  countStarts(
    ref: string,
    version: Pick<Candidate, 'version' | 'variant'>,
    left: readonly string[],
  ): Promise<LocalVersion | null>;
  /**
   * Tells that a version on probation is about to be opened or to make its first prediction.
   * Resolves to a token for `endStart`.
   */
  beginStart(
    ref: string, version: Pick<Candidate, 'version' | 'variant'>, page: string,
  ): Promise<number>;
  /**
   * Tells that the start with this token ended. `hasFailed`: its worker was seen to end during it.
   */
  endStart(token: number, hasFailed: boolean): Promise<void>;
  /**
   * Tells that the process or page ends in an orderly way or is left: what was begun counts as
   * ended. `done` becomes [1], for a thread that waits.
   */
  leave(done: Int32Array | null): Promise<void>;
  /**
   * Stays at a version regardless of the channel, except for revocations; null follows the channel
   * again.
   */
  pin(ref: string, version: string | null): Promise<void>;
  /**
   * Keeps a version from garbage collection while this worker lives, or until a later call whose
   * `loaded` no longer has it. Resolves to false when it is not on this device.
   */
  keep(
    version: Pick<Candidate, 'model' | 'version' | 'variant'>,
    loaded: readonly Pick<Candidate, 'model' | 'version' | 'variant'>[],
  ): Promise<boolean>;
  /** Reads a small value that the page stored, such as the backend that won a trial. */
  recall(key: string): Promise<unknown>;
  remember(key: string, value: unknown): Promise<void>;
  storage(): Promise<StorageReport>;
  verifyStorage(): Promise<StoredFault[]>;
  remove(model: string): Promise<void>;
  /** Checks the registry and the collector within this time. Sends no data. */
  checkUp(timeoutMs: number): Promise<CheckUp>;
  auditLog(): Promise<{ readonly entries: readonly AuditEntry[]; readonly brokenAt: number | null }>;
  noteAudit(facts: AuditFacts): Promise<void>;
  /** Seals the counters and sends the queue; with `now`, even if the collector asked to wait. */
  flushTelemetry(now: boolean): Promise<TelemetryStatus>;
  telemetryStatus(): Promise<TelemetryStatus>;
  /** Records the user's decision; `false` also deletes the counts. */
  setConsent(given: boolean): Promise<void>;
  /** Describes the next payload. */
  previewTelemetry(): Promise<unknown>;
  /** Serves the store in memory to an inference worker on this port. */
  shareStore(port: MessagePort): Promise<void>;
}

export type { Installed };
