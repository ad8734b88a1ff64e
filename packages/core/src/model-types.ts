import type { OutsideTraining } from '@perigee/profile';
import type { Manifest, Signature } from '@perigee/registry';
import type { Backend, EngineName, LoadProgress, PredictOptions } from './config.ts';
import type { Tensor, Tensors } from './tensor.ts';
import type { PredictInput } from './input-types.ts';

/**
 * The time a prediction took by stage, in milliseconds. `queueMs` is the time from the call to the
 * start of work in the worker.
 */
export interface Timing {
  readonly queueMs: number;
  readonly preprocessMs: number;
  readonly inferenceMs: number;
  readonly postprocessMs: number;
  readonly totalMs: number;
  /** Number of predictions in the batch, including this one. */
  readonly batchSize: number;
  /**
   * Whether this was the session's first run. The first run includes deferred compilation, so its
   * time does not represent the cost of a call.
   */
  readonly isFirst: boolean;
}

/** A label with its score. */
export interface LabelScore<Label extends string = string> {
  readonly label: Label;
  readonly score: number;
}

/**
 * The output of a pipeline that ends in `top-k` or `threshold`: the best label, and `top`, the
 * labels in descending order of score.
 */
export interface Classification<Label extends string = string> extends LabelScore<Label> {
  readonly top: readonly LabelScore<Label>[];
}

/**
 * The true outcome of a prediction: one of the model's labels, or a number for a regression model.
 * With both, or with neither, `feedback()` throws INVALID_INPUT.
 */
export type GroundTruth =
  | { readonly label: string; readonly value?: never }
  | { readonly value: number; readonly label?: never };

/** The result of `predict()`. */
export interface Prediction<Output = Classification | Tensor, Outputs = Tensors> {
  /** Identifies the prediction for `feedback()`. */
  readonly id: string;
  /** The output of the pipeline; without a pipeline, the first output tensor. */
  readonly output: Output;
  /** The raw output tensors by name; with a pipeline, those that it reads. */
  readonly outputs: Outputs;
  /**
   * Features whose values the training data did not have: the answer is a guess there. Empty for a
   * usual input, and for a model that was packed without a reference.
   */
  readonly outside: readonly OutsideTraining[];
  readonly timing: Timing;
}

/** The time each part of loading took, in milliseconds. */
export interface LoadTiming {
  readonly readMs: number;
  readonly createMs: number;
  /**
   * Time of the first run, including deferred compilation; 0 unless `warmUp` or a trial asked for
   * one.
   */
  readonly warmUpMs: number;
  readonly totalMs: number;
}

/**
 * The result of trying one backend. It runs the golden samples; for a bare file, it runs generated
 * inputs and compares the outputs with those of the safe backend.
 */
export interface Trial {
  readonly backend: Backend;
  readonly engine: EngineName;
  /**
   * `skipped`: not tried. `failed`: the backend could not open or run the model. `reason` has the
   * cause.
   */
  readonly verdict: 'passed' | 'wrong-output' | 'failed' | 'skipped';
  /** Largest absolute difference from the expected outputs. */
  readonly maxError?: number;
  /**
   * Median time of one sample in milliseconds, excluding the first sample. A slow model is timed
   * when another backend is compared with it, not before its first answer.
   */
  readonly medianMs?: number;
  /** Time to open the session in milliseconds. */
  readonly openMs?: number;
  readonly reason?: string;
}

/** Options of `predictStream()`. */
export interface StreamOptions extends PredictOptions {
  /**
   * How to treat an input that arrives while another is processed: `queue` (default) answers every
   * input in order; `latest` drops all but the newest.
   */
  readonly whenBusy?: 'queue' | 'latest';
}

/** Options of `run()`. */
export interface RunOptions extends PredictOptions {
  /** Names of the outputs to return; the others stay in the worker. Default: all. */
  readonly outputs?: readonly string[];
}

/** Options of `run()` that ask for all outputs. */
interface AllOutputs extends RunOptions {
  readonly outputs?: never;
}

/** Events of a `Model`, with their payloads. */
export interface ModelEvents {
  /** The trial of a backend ended; `model.trials` lists all trials. */
  readonly trial: Trial;
  /** The model switched to another backend. */
  readonly backend: { readonly from: Backend; readonly to: Backend; readonly reason: string };
  /** A newer version is downloaded and verified. `update()` switches to it. */
  readonly updateready: { readonly version: string };
  /** The model went back to an earlier version, by itself or by `rollback()`. */
  readonly rollback: { readonly from: string; readonly to: string; readonly reason: string };
}

/** The result of `checkForUpdate()`. `current` and `latest` are semantic versions. */
export interface UpdateCheck {
  readonly available: boolean;
  readonly current: string;
  readonly latest: string;
  /**
   * Why the registry offers `latest` to this device: its channel, a rollout, an experiment or a
   * pin.
   */
  readonly reason: string;
  /** Bytes to download for `latest`. */
  readonly downloadBytes: number;
}

/** The types of a model's inputs and answers, which the methods of `Model` take and return. */
export interface ModelTypes {
  /** The input of `predict()`. */
  readonly input: unknown;
  /** The output of `predict()`. */
  readonly output: unknown;
  /** The raw output tensors of `predict()`, by name. */
  readonly predicted: unknown;
  /** The tensors that `run()` takes. */
  readonly feeds: unknown;
  /** All tensors that `run()` gives, by name. */
  readonly outputs: unknown;
  /** The tensors that `run()` gives when a call names outputs. */
  readonly chosen: unknown;
}

/** The types of a model of which TypeScript knows nothing. */
export interface GeneralTypes {
  readonly input: PredictInput;
  readonly output: Classification | Tensor;
  readonly predicted: Tensors;
  readonly feeds: Tensors;
  readonly outputs: Tensors;
  readonly chosen: Tensors;
}

/** `await using` in programs whose TypeScript knows it. */
export type Disposing = typeof Symbol extends {
  readonly asyncDispose: infer Key extends PropertyKey;
}
  ? { readonly [K in Key]: () => Promise<void> }
  : Readonly<Record<never, never>>;

/**
 * A loaded model. Its workers may change: after a crash, for a faster backend or another version.
 */
export interface Model<Types extends ModelTypes = GeneralTypes> extends Disposing {
  readonly name: string;
  /** Semantic version; `0.0.0` for a bare file. */
  readonly version: string;
  readonly variant: string;
  readonly backend: Backend;
  readonly engine: EngineName;
  /** wasm threads in use; 1 where the page is not cross-origin isolated. */
  readonly threads: number;
  /**
   * Whether the model runs in the thread that loaded it: it is small, and its runs take
   * microseconds, or `Worker` does not exist there, as in a service worker. Its runs block that
   * thread and cannot be interrupted.
   */
  readonly inPlace: boolean;
  readonly signature: Signature;
  readonly manifest: Manifest | null;
  readonly loadTiming: LoadTiming;
  readonly trials: readonly Trial[];
  /**
   * Runs the whole pipeline: validate, preprocess, run, postprocess, observe.
   * @throws PerigeeError INVALID_INPUT, INVALID_CONFIG, INFERENCE_FAILED, OUT_OF_MEMORY,
   *   WORKER_CRASHED, DEVICE_LOST, QUEUE_FULL, TIMEOUT or DISPOSED; the signal's reason when
   *   aborted
   * @example
   * const { output, timing } = await model.predict(canvas, { timeoutMs: 1_000 });
   */
  predict(
    input: Types['input'],
    options?: PredictOptions,
  ): Promise<Prediction<Types['output'], Types['predicted']>>;
  /**
   * Returns one prediction for each input, in order. Inputs are batched where that is faster.
   * Rejects when one of them fails.
   * @throws PerigeeError as `predict()`
   * @example
   * const predictions = await model.predictMany(images);
   */
  predictMany(
    inputs: Iterable<Types['input']>,
    options?: PredictOptions,
  ): Promise<readonly Prediction<Types['output'], Types['predicted']>[]>;
  /**
   * Predicts a stream of inputs, such as camera frames or rows of a file, in order. With `queue`,
   * up to two calls for each worker run or wait at a time; with `latest`, one.
   * @throws PerigeeError as `predict()`
   * @example
   * const options = { whenBusy: 'latest' } as const;
   * for await (const { output } of model.predictStream(frames, options)) show(output);
   */
  predictStream(
    inputs: AsyncIterable<Types['input']> | Iterable<Types['input']>,
    options?: StreamOptions,
  ): AsyncIterableIterator<Prediction<Types['output'], Types['predicted']>>;
  /**
   * Runs the model on raw tensors, without the pipeline. The call is not counted in profiles.
   * @throws PerigeeError as `predict()`
   * @example
   * const x = { dtype: 'float32', shape: [1], data: new Float32Array(1) } as const;
   * const { y } = await model.run({ x });
   */
  run(feeds: Types['feeds'], options?: AllOutputs): Promise<Types['outputs']>;
  /**
   * Runs the model on raw tensors, without the pipeline. Returns the outputs that `options` name.
   * @throws PerigeeError as `predict()`
   */
  run(feeds: Types['feeds'], options: RunOptions | undefined): Promise<Types['chosen']>;
  /**
   * Reports the true outcome of an earlier prediction, for accuracy statistics.
   * @param id the prediction's `id`
   * @throws PerigeeError INVALID_INPUT, DISPOSED
   * @example
   * await model.feedback(prediction.id, { label: 'seven' });
   */
  feedback(id: string, groundTruth: GroundTruth): Promise<void>;
  /**
   * Asks the registry for a newer version.
   * @throws PerigeeError INVALID_CONFIG for a model without a registry; NETWORK, EXPIRED, UNTRUSTED
   *   or another error of the registry; the signal's reason when aborted
   * @example
   * const { available, latest, downloadBytes } = await model.checkForUpdate();
   */
  checkForUpdate(options?: { readonly signal?: AbortSignal }): Promise<UpdateCheck>;
  /**
   * Downloads, verifies and switches to the newest version. Resolves to the version in use
   * afterwards.
   * @throws PerigeeError as `checkForUpdate()`; GOLDEN_MISMATCH, INTEGRITY, QUOTA
   * @example
   * const version = await model.update();
   */
  update(options?: {
    readonly signal?: AbortSignal;
    readonly onProgress?: (progress: LoadProgress) => void;
  }): Promise<string>;
  /**
   * Goes back to the previous version. The present version is not installed again on this device.
   * Resolves to the version in use afterwards.
   * @param reason for the audit log
   * @throws PerigeeError MODEL_NOT_FOUND when this device has no previous version; INVALID_CONFIG
   *   for a model without a registry
   * @example
   * const version = await model.rollback('wrong labels');
   */
  rollback(reason?: string): Promise<string>;
  /**
   * Stays at the present version regardless of the channel; `pin(false)` follows the channel again.
   * A revocation overrides a pin.
   * @throws PerigeeError INVALID_CONFIG for a model without a registry
   * @example
   * await model.pin();
   */
  pin(on?: boolean): Promise<void>;
  /**
   * Adds a listener. Returns a function that removes it.
   * @throws PerigeeError INVALID_CONFIG for an unknown event
   * @example
   * const stop = model.on('backend', ({ from, to, reason }) => console.log(from, to, reason));
   */
  on<K extends keyof ModelEvents>(name: K, listener: (event: ModelEvents[K]) => void): () => void;
  /**
   * Ends the workers and frees their memory. Calls in flight reject with DISPOSED.
   * @example
   * await model.dispose();
   */
  dispose(): Promise<void>;
}
