/** Types of the calls each worker answers. Types only: nothing here runs. */
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

/** Where the store is. `memory` lives in the updater worker; inference workers reach it through a port. */
export type StoreLocation =
  | { readonly kind: 'indexeddb'; readonly name: string; readonly encrypted?: boolean | undefined }
  | { readonly kind: 'file-system'; readonly folder: string }
  | { readonly kind: 'memory' };

/**
 * Pixels as they cross to the worker: RGBA, 8 bits a channel, row by row; or a bitmap that the worker draws.
 * `more` has the other fields of a plain object. They count where a model has inputs of these names.
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

/** Any `predict()` input as plain data. `tensors` carries typed arrays whose shape may still be missing. */
export type WireInput =
  | { readonly kind: 'image'; readonly image: WireImage }
  | { readonly kind: 'record'; readonly values: Readonly<Record<string, unknown>> }
  | { readonly kind: 'list'; readonly values: readonly unknown[] }
  | { readonly kind: 'array'; readonly data: ArrayBufferView };

/** One predict() or run() on its way to the inference worker. */
export interface WireCall {
  readonly id: number;
  /** predict: through the pipeline. run: raw tensors, as `feeds`. */
  readonly input: WireInput | { readonly kind: 'feeds'; readonly feeds: Tensors; readonly outputs: readonly string[] | null };
  /** Milliseconds on the clock that page and worker share. */
  readonly sentAtMs: number;
  readonly background: boolean;
  /** Its large arrays are in buffers to be sent back. */
  readonly lent: boolean;
}

/** Page → worker: so many calls of one turn, as WireCall[]. */
export interface CallMessage {
  readonly calls?: Columns;
  readonly count?: number;
  /** The worker has no other call: the page takes this one as begun without being told. */
  readonly lone?: boolean;
  readonly cancel?: number;
}

/** Answers to calls that ran as one, their outputs as the engine returned them: the page cuts them up (cut-answers.ts). */
export interface WireAnswers {
  readonly ids: readonly number[];
  /** How many rows of the outputs are each call's. One call has all there is. */
  readonly rows: readonly number[];
  readonly outputs: Tensors;
  /** For each call what postprocessing made, or the name of the output that it is; null for run(). */
  readonly output: readonly unknown[];
  /**
   * For each call queue, preprocess, inference, postprocess and total milliseconds, the batch size,
   * and 1 for a first run.
   */
  readonly timings: readonly number[];
}

export type Answer = WireAnswers | { readonly id: number; readonly error: WireError };

/** Worker → page: answers to all calls it had begun, or which calls it begins now. */
export interface AnswerMessage {
  readonly answers?: readonly Answer[];
  /** Buffers of the inputs, for the page to use again. */
  readonly lent?: readonly ArrayBuffer[];
  readonly begun?: readonly number[];
}

/** What a candidate is held against: the release's golden samples, or probes made on the safe backend for a bare file. */
export type TrialKind = 'none' | 'golden' | { readonly probes: GoldenSamples };

export interface OpenOptions {
  /** Tried in turn; the next only when one cannot run this model, or gives wrong numbers. */
  readonly backends: readonly Backend[];
  /** Put them in the order that is best to start this kind of file with. */
  readonly auto: boolean;
  /** Backends that are there without asking. */
  readonly available: readonly Backend[];
  readonly threads: number | null;
  readonly wasmUrl: string | null;
  readonly maxBatch: number | null;
  readonly warmUp: boolean;
  /** Run samples after opening and report; the caller decides. */
  readonly trial: TrialKind;
}

/** What an inference worker is to open. */
export type OpenSource =
  | { readonly kind: 'stored'; readonly model: string; readonly version: string; readonly variant: string; readonly engine: Variant['engine'] }
  | { readonly kind: 'url'; readonly url: string; format?: ModelFormat | undefined }
  | { readonly kind: 'files'; readonly files: Readonly<Record<string, Blob>>; format?: ModelFormat | undefined };

/** How hosts are to be asked. */
export interface WireRequest {
  readonly headers: readonly (readonly [string, string])[];
  readonly credentials: RequestCredentials | null;
  /** To the app's own fetch. */
  readonly port: MessagePort | null;
  /** Which option is wrong, and what was expected. */
  readonly wrong: string | null;
}

/** Worker → page, to the app's own fetch: with a URL a request, without one "the next part of the body", or its end. */
export interface FetchCall {
  readonly id: number;
  readonly url?: string;
  readonly init?: RequestInit;
  readonly stop?: true;
}

/** Page → worker. A part that is null ends the body. */
export type FetchAnswer =
  | { readonly id: number; readonly head: { readonly status: number; readonly type: ResponseType; readonly headers: readonly (readonly [string, string])[]; readonly hasBody: boolean } }
  | { readonly id: number; readonly part: Uint8Array<ArrayBuffer> | null }
  | { readonly id: number; readonly error: string };

/** The file is for the engine of another worker, which may have the bytes that were fetched. */
export interface Elsewhere {
  readonly format: ModelFormat;
  readonly files: Files | null;
}

export interface Opened {
  /** The file the engine opened. */
  readonly entry: string;
  readonly backend: Backend;
  /** Backends this kind of file may go on with should this one fail, and those that may be faster; whether or not they are there. */
  readonly next: readonly Backend[];
  readonly faster: readonly Backend[];
  readonly engine: EngineName;
  readonly signature: Signature;
  readonly manifest: Manifest | null;
  readonly threads: number;
  /** The model runs in the thread that loaded it. */
  readonly inPlace: boolean;
  readonly timing: LoadTiming;
  /** Of the backend in use last; those before it were refused. */
  readonly trials: readonly Trial[];
  /** A prediction's id is this and the number of its call. */
  readonly idPrefix: string;
}

/** What is known of a model before its bytes are there. */
export interface ModelFacts {
  readonly engine: Variant['engine'];
  readonly entry: string;
  /** Of the entry file. */
  readonly sizeBytes: number;
}

/**
 * A file as the browser measured it. The sizes are 0 where the host does not let scripts see them.
 */
export interface FetchedFile {
  readonly url: string;
  /** The size of the file as it was sent. */
  readonly encodedBytes: number;
  readonly decodedBytes: number;
}

export interface InferenceApi {
  /** Before `open`: where the store is (null: bare models need none), the port to it when it is in memory, and how to count, if at all. */
  attach(store: StoreLocation | null, port: MessagePort | null, telemetry: TelemetryConfig | false | null): Promise<void>;
  /** The updater whose memory has the store ended (null), or another one has it from now on. */
  relink(port: MessagePort | null): Promise<void>;
  open(source: OpenSource, options: OpenOptions, onProgress: ((loadedBytes: number, totalBytes: number) => void) | null, files: Files | null, request: WireRequest | null): Promise<Opened | Elsewhere>;
  /** Starts the runtime that a file of this name and size is going to need, if that is clear, while its bytes are still on their way. */
  prepare(file: ModelFacts, options: OpenOptions): Promise<void>;
  /** Shapes of the inputs of the last call; null before the first. */
  lastShapes(): Promise<InputShapes | null>;
  /** A few made-up inputs with what this session answers to them, and the time it takes; null when it cannot run any. */
  probe(like: InputShapes | null): Promise<{ readonly probes: GoldenSamples; readonly medianMs: number } | null>;
  feedback(id: string, truth: Truth): Promise<void>;
  /** Starts the runtime of the first of the backends, and opens nothing. */
  startRuntime(options: OpenOptions): Promise<void>;
  /** The wasm files that this worker fetched. */
  wasmFiles(): Promise<readonly FetchedFile[]>;
  /** Count something that happened outside the worker: a failed or replaced call, a change of backend. */
  count(event: { readonly error: string } | { readonly fallback: true } | { readonly loadMs: number }): Promise<void>;
  /** Write counters into the store's open window. */
  record(): Promise<void>;
  close(): Promise<void>;
}

export interface UpdaterInit {
  readonly store: StoreLocation;
  readonly registry: RegistryOptions | null;
  readonly telemetry: TelemetryConfig | null;
}

/** A version whose every byte is verified and on this device. */
export interface Candidate {
  readonly ref: string;
  readonly model: string;
  readonly version: string;
  readonly variant: string;
  readonly engine: Variant['engine'];
  readonly sizeBytes: number;
  /** Why this version: channel, rollout, pin … */
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
  /** It became active lately and has yet to show that it works: `heardGood`. */
  readonly onProbation: boolean;
  readonly sizeBytes: number;
}

/** What a registry has for a reference. */
export interface Offer {
  readonly version: string;
  readonly reason: string;
  readonly downloadBytes: number;
  /** The app went back from this version on this device: it is not taken. */
  readonly isLeft: boolean;
}

/** What was heard of the answers of a version since the last time. */
export interface Heard {
  readonly version: string;
  readonly variant: string;
  readonly answers: number;
  readonly pace: Pace;
}

export interface HeardVerdict {
  /** It has yet to show that it works. */
  readonly onProbation: boolean;
  /** Why it is to be left for the version before, when it is too slow. */
  readonly slow: string | null;
  /** Nothing more need be heard of it. */
  readonly done: boolean;
}

/** The checks that only the worker of the updater can make for `doctor()`. */
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
  /** Why the collector cannot take what is counted; null when it can. */
  readonly fault: string | null;
}

export interface RegistryCheck {
  readonly base: string;
  /** Why its metadata could not be brought up to date; null when it was. */
  readonly fault: { readonly code: string; readonly message: string } | null;
  /** The metadata on this device has expired. */
  readonly isStale: boolean;
  /**
   * How far the clock of this device is ahead of other clocks that it knows of; below 0 when
   * behind.
   */
  readonly clockAheadMs: number;
}

export interface UpdaterApi {
  /** Resolves to the kind of store in use: `memory` where a browser blocks IndexedDB. `onFlip` hears when another tab activated a version. */
  init(config: UpdaterInit, onFlip: ((flip: Flip) => void) | null, request?: WireRequest | null): Promise<StoreKind>;
  /** The version that answers at a start, without touching the network. Asking counts nothing. */
  local(ref: string): Promise<LocalVersion | null>;
  /** How a load would find it. Touches the network only where nothing on this device answers. */
  availability(ref: string, backends: readonly string[]): Promise<Availability>;
  /** What the registry offers this device for it, and why that. */
  check(ref: string, backends: readonly string[]): Promise<Offer>;
  /**
   * Download and verify. `task` names the call for `cancel()`. The first report says what it is that
   * comes. A `variant` is installed whatever the backends are.
   */
  install(
    task: string, ref: string, backends: readonly string[], onProgress: InstallProgress,
    variant?: string,
  ): Promise<Installed>;
  /** Ends an install, or says that no trial is going to follow it. */
  cancel(task: string): Promise<void>;
  /** Count an attempt durably, before a trial is run. Resolves to the number of attempts so far, this one included. */
  beginTrial(candidate: Candidate): Promise<number>;
  /** It ended in an orderly way, good or bad. */
  endTrial(candidate: Candidate): Promise<void>;
  /** Make it the version that answers. */
  activate(candidate: Candidate): Promise<Pointer>;
  /** Never try this version again on this device. `code`: of the error to count; null where nothing is counted. */
  reject(candidate: Candidate, reason: string, code: string | null): Promise<void>;
  /** Back to the version before, and never again to this one; null when there is none. `isFaulty`: it was found so, and the app did not choose it. */
  rollBack(ref: string, reason: string, isFaulty: boolean): Promise<LocalVersion | null>;
  /** A version gave so many good answers, or ended its page in an orderly way (0). */
  heardGood(ref: string, heard: Heard): Promise<HeardVerdict>;
  /**
   * Counts those starts of a version on probation that took their process or page down. Resolves to
   * the version that answers by that. `left`: marks that pages took back.
   */
  countStarts(
    ref: string,
    version: Pick<Candidate, 'version' | 'variant'>,
    left: readonly string[],
  ): Promise<LocalVersion | null>;
  /**
   * A version on probation is about to be opened, or to make its first prediction. Resolves to a
   * token for `endStart`.
   */
  beginStart(
    ref: string, version: Pick<Candidate, 'version' | 'variant'>, page: string,
  ): Promise<number>;
  /**
   * The start with the `token` of `beginStart` came to an end. `hasFailed`: its worker was seen to
   * end in it.
   */
  endStart(token: number, hasFailed: boolean): Promise<void>;
  /**
   * The process or page ends in an orderly way, or is left: what was begun counts as ended. `done`
   * becomes [1]: for a thread that waits.
   */
  leave(done: Int32Array | null): Promise<void>;
  /** Stay at a version whatever the channel says, but for revocations; null: follow it again. */
  pin(ref: string, version: string | null): Promise<void>;
  /**
   * Keeps a version from garbage collection while this worker lives, or until a later call says that
   * no loaded model is of it. False where it is not on this device.
   */
  keep(
    version: Pick<Candidate, 'model' | 'version' | 'variant'>,
    loaded: readonly Pick<Candidate, 'model' | 'version' | 'variant'>[],
  ): Promise<boolean>;
  /** Small values by name, for what the page wants remembered (the backend that won a trial). */
  recall(key: string): Promise<unknown>;
  remember(key: string, value: unknown): Promise<void>;
  storage(): Promise<StorageReport>;
  verifyStorage(): Promise<StoredFault[]>;
  remove(model: string): Promise<void>;
  /** Asks the registry and the collector, for so long at most. Nothing is sent. */
  checkUp(timeoutMs: number): Promise<CheckUp>;
  auditLog(): Promise<{ readonly entries: readonly AuditEntry[]; readonly brokenAt: number | null }>;
  noteAudit(facts: AuditFacts): Promise<void>;
  /** Seal what is recorded and send what is queued; with `now` also when a wait is not over. */
  flushTelemetry(now: boolean): Promise<TelemetryStatus>;
  telemetryStatus(): Promise<TelemetryStatus>;
  /** What the user said; `false` also discards what is here. */
  setConsent(given: boolean): Promise<void>;
  /** The next payload, readable. */
  previewTelemetry(): Promise<unknown>;
  /** For inference workers, when the store is in memory: answers ModelStore calls on this port. */
  shareStore(port: MessagePort): Promise<void>;
}

export type { Installed };
