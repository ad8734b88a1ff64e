import type { Manifest, Signature } from '@perigee/registry';
import type { Backend, LoadProgress, PredictOptions } from './config.ts';
import type { EngineName } from './engines/load-engine.ts';
import type { Tensor, Tensors } from './tensor.ts';

/** Milliseconds by stage. `queue` is the time from the call to the start of work in the worker. */
export interface Timing {
  readonly queueMs: number;
  readonly preprocessMs: number;
  readonly inferenceMs: number;
  readonly postprocessMs: number;
  readonly totalMs: number;
  /** Predictions that ran together with this one, itself included. */
  readonly batchSize: number;
  /** It was the first run of its session, which compiles what is compiled late: not to be taken for what a call costs. */
  readonly isFirst: boolean;
}

export interface LabelScore {
  readonly label: string;
  readonly score: number;
}

/** What a pipeline that ends in `top-k` or `threshold` answers. */
export interface Classification extends LabelScore {
  readonly top: readonly LabelScore[];
}

/** What turned out to be true: one of the model's labels, or a number for a model that predicts one. */
export type Truth = { readonly label: string } | { readonly value: number };

/**
 * `output`: what the pipeline made of the model's outputs; without a pipeline, the first output tensor.
 * `outputs`: the raw tensors by name. `id` is what `feedback()` takes.
 */
export interface Prediction<Output = Classification | Tensor> {
  readonly id: string;
  readonly output: Output;
  readonly outputs: Tensors;
  readonly timing: Timing;
}

export type ImageInput =
  | ImageData | ImageBitmap | HTMLCanvasElement | OffscreenCanvas | HTMLImageElement | HTMLVideoElement | VideoFrame | Blob
  | { readonly width: number; readonly height: number; readonly data: Uint8ClampedArray | Uint8Array };
/** Numbers, and words where the pipeline takes them, by the names of its features or in their order. */
export type TabularInput =
  | Readonly<Record<string, number | string | null | undefined>>
  | readonly (number | string | null)[];
/** Numbers, row by row; rows may be typed arrays. A BigInt holds what a number cannot. */
export type NestedValues = readonly (number | bigint | boolean | string | ArrayBufferView | NestedValues)[];
/** What one input of a model without pipeline takes. Nested lists keep their shape; for the rest the signature gives it. */
export type InputValue = Tensor | ArrayBufferView | NestedValues | number | bigint | boolean | string;
/** Inputs of a model without pipeline by name, or the value of its only input. */
export type TensorInput = Readonly<Record<string, InputValue>> | ArrayBufferView | NestedValues | Tensor | number | bigint | boolean;
export type PredictInput = ImageInput | TabularInput | TensorInput;

/** How long each part of loading took, in milliseconds. */
export interface LoadTiming {
  readonly readMs: number;
  readonly createMs: number;
  /** The first run, which compiles what is compiled late; 0 unless `warmUp` or a trial asked for one. */
  readonly warmUpMs: number;
  readonly totalMs: number;
}

/** One candidate backend's trial: the golden samples, or for a bare file made-up inputs compared with the safe backend's answers. */
export interface Trial {
  readonly backend: Backend;
  readonly engine: EngineName;
  /** `skipped`: not tried, and why; `failed`: it could not open or run the model. */
  readonly verdict: 'passed' | 'wrong-output' | 'failed' | 'skipped';
  /** Largest |got − expected|. */
  readonly maxError?: number;
  /** Median time of a sample, the first one left out. */
  readonly medianMs?: number;
  /** Time to open the session. */
  readonly openMs?: number;
  readonly reason?: string;
}

export interface StreamOptions extends PredictOptions {
  /** An input that arrives while another is worked on: `queue` (default) answers every one in order; `latest` drops all but the newest. */
  readonly whenBusy?: 'queue' | 'latest';
}

export interface RunOptions extends PredictOptions {
  /** Outputs wanted; the others stay in the worker. Default: all. */
  readonly outputs?: readonly string[];
}

export interface ModelEvents {
  /** A trial is over; `trials` has them all. */
  readonly trial: Trial;
  /** The model answers from another backend now. */
  readonly backend: { readonly from: Backend; readonly to: Backend; readonly reason: string };
  /** The model went back to an earlier version by itself, or was told to. */
  readonly rollback: { readonly from: string; readonly to: string; readonly reason: string };
}

export interface UpdateCheck {
  readonly available: boolean;
  readonly current: string;
  readonly latest: string;
  /** Why this device is offered that one: its channel, a rollout, an experiment, a pin. */
  readonly reason: string;
  /** Bytes still to fetch for the latest version. */
  readonly downloadBytes: number;
}

/** A loaded model. */
export interface Model {
  readonly name: string;
  /** semver; `0.0.0` for a bare file. */
  readonly version: string;
  readonly variant: string;
  readonly backend: Backend;
  readonly engine: EngineName;
  /** wasm threads in use; 1 where the page is not isolated. */
  readonly threads: number;
  /**
   * Whether the model runs in the thread that loaded it: there is no `Worker` there, as in a service
   * worker. Its runs block that thread, and a run that does not end cannot be ended.
   */
  readonly inPlace: boolean;
  readonly signature: Signature;
  readonly manifest: Manifest | null;
  readonly loadTiming: LoadTiming;
  readonly trials: readonly Trial[];
  /** The whole pipeline: validate ▸ preprocess ▸ run ▸ postprocess ▸ observe. */
  predict(input: PredictInput, options?: PredictOptions): Promise<Prediction>;
  /** One prediction for each input, in order; they run in batches where that is faster. Rejects when one of them fails. */
  predictMany(inputs: Iterable<PredictInput>, options?: PredictOptions): Promise<readonly Prediction[]>;
  /** Predictions for a camera, a sensor, a file of rows: as many at a time as the model takes, in order. */
  predictStream(inputs: AsyncIterable<PredictInput> | Iterable<PredictInput>, options?: StreamOptions): AsyncIterableIterator<Prediction>;
  /** Raw tensors in and out, no pipeline, not counted in profiles. */
  run(feeds: Tensors, options?: RunOptions): Promise<Tensors>;
  /** The truth for an earlier prediction, once it is known. */
  feedback(id: string, truth: Truth): Promise<void>;
  /** Is there a newer version? Needs a registry. */
  checkForUpdate(options?: { readonly signal?: AbortSignal }): Promise<UpdateCheck>;
  /** Fetch, verify and switch to the newest version. Resolves to the version in use afterwards. */
  update(options?: { readonly signal?: AbortSignal; readonly onProgress?: (progress: LoadProgress) => void }): Promise<string>;
  /** Back to the version this device had before; the present one is not taken again here. Resolves to the version in use afterwards. */
  rollback(reason?: string): Promise<string>;
  /** Stay at the present version whatever the channel says, or with `false` follow it again. A revocation is stronger. */
  pin(on?: boolean): Promise<void>;
  /** Returns the function that stops listening. */
  on<K extends keyof ModelEvents>(name: K, listener: (event: ModelEvents[K]) => void): () => void;
  /** Ends the worker, which gives all its memory back; calls in flight reject with DISPOSED. */
  dispose(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * How `load()` would find a model, in the words of the browsers' Prompt API: `available` is on this
 * device; `downloading` is on its way; `downloadable` needs the network first; `unavailable` is none.
 */
export type Availability = 'unavailable' | 'downloadable' | 'downloading' | 'available';

/** A version kept on this device. */
export interface StoredModel {
  readonly name: string;
  readonly version: string;
  readonly variant: string;
  readonly state: 'staging' | 'verified' | 'active' | 'previous' | 'bad';
  readonly sizeBytes: number;
  /** Why it is bad. */
  readonly reason?: string;
  /** It did not fail: the app went back from it by `rollback()`. It is not taken again here. */
  readonly rolledBack?: true;
  /** There was no room for it: it is gone with this page, or process. */
  readonly isInMemory?: true;
}

/** A model that is loaded now. */
export interface LoadedModel {
  /** The reference that the model was loaded by, with its channel: `digits@stable`. */
  readonly ref: string;
  /** `busy`: calls are in flight. `released`: its workers were given back, and the next call opens one. */
  readonly state: 'idle' | 'busy' | 'released';
  readonly backend: Backend;
  readonly engine: EngineName;
  /** wasm threads of each worker. */
  readonly threads: number;
  readonly workers: number;
  /** The memory of all its workers, by the estimate that `memoryBudgetMB` uses. */
  readonly memoryBytes: number;
  /** The time of the load, or at which the last call began or ended: milliseconds since 1970. */
  readonly lastUsedMs: number;
}

/** A version on this device, with what is loaded of it. */
export interface ListedModel extends Omit<StoredModel, 'state'> {
  /** `removed`: not on this device any more, but still loaded. */
  readonly state: StoredModel['state'] | 'removed';
  /** Empty when it is not loaded. */
  readonly loaded: readonly LoadedModel[];
}

/** A stored version that does not read back as it was verified. */
export interface StoredFault {
  readonly name: string;
  readonly version: string;
  readonly variant: string;
  readonly state: StoredModel['state'];
  readonly fault: string;
}

export interface StorageReport {
  readonly kind: 'indexeddb' | 'memory' | 'file-system';
  /** Bytes of chunks held, each counted once. */
  readonly chunkBytes: number;
  readonly models: readonly StoredModel[];
  /** What the browser says of the whole origin: a hint, not a promise. */
  readonly usageBytes?: number;
  readonly quotaBytes?: number;
  /** Whether the browser promised not to evict it. */
  readonly persisted?: boolean;
}
