/** Calls that the inference worker answers. Types only. */
import type { GoldenSamples, Manifest, Signature, Variant } from '@perigee/registry';
import type { Backend, EngineName, ModelFormat, TelemetryConfig } from '../config.ts';
import type { Contest } from './contest.ts';
import type { InputShapes } from '../inference/probe.ts';
import type { LoadTiming, Trial, GroundTruth } from '../model-types.ts';
import type { CompiledWasm, RuntimeFiles } from '../runtime/runtime.ts';
import type { Files } from '../updater/assembly.ts';
import type { PlatformPort } from '../platform-types.ts';
import type { Registry } from '../updater/trust.ts';
import type { StoreLocation, WireRequest, Elsewhere } from './protocol.ts';

/**
 * The samples that a backend is tried with: the release's golden samples or, for a bare file,
 * probes whose outputs come from the safe backend. `golden` compares them before the first answer,
 * and leaves the timing of a slow model to `timeSample()`; `timed` times every model.
 */
export type TrialKind = 'none' | 'golden' | 'timed' | { readonly probes: GoldenSamples };

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
  readonly files: RuntimeFiles;
  /** Wasm that another worker of this page compiled. */
  readonly compiled?: CompiledWasm;
  readonly wasmUrl: string | null;
  readonly maxBatch: number | null;
  readonly warmUp: boolean;
  /** Samples to run after opening. The worker reports the results; the caller decides. */
  readonly trial: TrialKind;
}

/** The model that an inference worker opens. */
export type OpenSource =
  | {
      readonly kind: 'stored';
      readonly model: string;
      readonly version: string;
      readonly variant: string;
      readonly engine: Variant['engine'];
    }
  | { readonly kind: 'url'; readonly url: string; format?: ModelFormat | undefined }
  | {
      readonly kind: 'files';
      readonly files: Readonly<Record<string, Blob>>;
      format?: ModelFormat | undefined;
    };

export interface Opened {
  /** Name of the file that the engine opened. */
  readonly entry: string;
  /** Size of the model's files in bytes, not compressed. */
  readonly fileBytes: number;
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
  /** The runtime's wasm, for further workers of the page. Empty where it cannot be handed on. */
  readonly compiled: CompiledWasm;
}

/** A reference whose version the worker opens if nothing has to be decided before. */
export interface ActiveModel {
  readonly ref: string;
  readonly registry: Registry | null;
  /** Name of the entry file. */
  readonly entry: string;
  /** The version that answered last time. */
  readonly source: OpenSource & { readonly kind: 'stored' };
  /** Null if the app asked for the backend. */
  readonly contest: Contest | null;
}

/** Facts about a model that are known before its bytes arrive. */
export interface ModelFacts {
  readonly engine: Variant['engine'];
  readonly entry: string;
  /** Size of the entry file in bytes. */
  readonly sizeBytes: number;
  /** The stored version that will be opened, if the page is fairly sure of it. */
  readonly source?: OpenSource & { readonly kind: 'stored' };
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
  attach(
    store: StoreLocation | null,
    port: PlatformPort | null,
    telemetry: TelemetryConfig | false | null,
  ): Promise<void>;
  /**
   * Tells that the updater with the store in memory ended (null), or passes a port to the new one.
   */
  relink(port: PlatformPort | null): Promise<void>;
  open(
    source: OpenSource,
    options: OpenOptions,
    onProgress: ((loadedBytes: number, totalBytes: number) => void) | null,
    files: Files | null,
    request: WireRequest | null,
  ): Promise<Opened | Elsewhere>;
  /**
   * Opens the version that answered last time, if it still answers for the reference: it is
   * confirmed and allowed, and its backend was tried on this device. Null if the updater must say
   * what to open; `open` may then follow.
   */
  openActive(
    model: ActiveModel,
    options: OpenOptions,
  ): Promise<{ readonly opened: Opened; readonly trials: readonly Trial[] } | null>;
  /**
   * Starts the runtime that this file will need, if that is clear, while its bytes are being
   * downloaded. Reads the stored version that will be opened.
   */
  prepare(file: ModelFacts, options: OpenOptions): Promise<void>;
  /** The input shapes of the last call; null before the first. */
  lastShapes(): Promise<InputShapes | null>;
  /**
   * Generates inputs and returns them with this session's outputs and the median time; null when
   * the session cannot run any.
   */
  probe(
    like: InputShapes | null,
  ): Promise<{ readonly probes: GoldenSamples; readonly medianMs: number } | null>;
  /**
   * The median time of a golden sample, which the opening compared and did not time; null when
   * there is none.
   */
  timeSample(): Promise<number | null>;
  feedback(id: string, groundTruth: GroundTruth): Promise<void>;
  /** Starts the runtime of the first backend without opening a model. */
  startRuntime(options: OpenOptions): Promise<void>;
  /** The wasm files that this worker fetched. */
  wasmFiles(): Promise<readonly FetchedFile[]>;
  /** Counts an event outside the worker: a failed or replaced call, or a change of backend. */
  count(
    event: { readonly error: string } | { readonly fallback: true } | { readonly loadMs: number },
  ): Promise<void>;
  /** Writes the counters into the store's open window. */
  record(): Promise<void>;
  close(): Promise<void>;
}
