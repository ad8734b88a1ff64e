import type { Pipeline } from './pipeline.ts';
import type { Signature } from './signature.ts';
import type { Tolerances } from './tolerance.ts';

/**
 * SHA-256 as 64 lower-case hex digits. The brand keeps other text, such as an id, from being used
 * as a digest.
 */
export type Sha256 = string & { readonly __brand: 'sha256' };

/**
 * A content-addressed object under `blobs/sha256/`. The size is mandatory, so that every download
 * is bounded before it starts.
 */
export interface ObjectRef {
  readonly sha256: Sha256;
  readonly sizeBytes: number;
}

/**
 * Encoding of a chunk during transfer. `planes2` and `planes4` are gzipped byte planes of elements
 * of 2 or 4 bytes. The digest is always of the decoded bytes.
 */
export type Encoding = 'identity' | 'gzip' | 'planes2' | 'planes4';

export interface Chunk {
  readonly sha256: Sha256;
  /** Decoded size. */
  readonly sizeBytes: number;
  readonly encoding: Encoding;
  /** Bytes on the wire; equals sizeBytes for `identity`. */
  readonly wireBytes: number;
}

/**
 * An object that joins small chunks: their wire bytes one after the other. It saves requests for a
 * device that has none of them; each chunk is an object of its own, too.
 */
export interface Bundle extends ObjectRef {
  /** Indexes into the variant's `chunks`. */
  readonly chunks: readonly number[];
}

export interface ModelFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: Sha256;
  /** Indexes into the variant's `chunks`. The chunks concatenated in this order are the file. */
  readonly chunks: readonly number[];
}

/** The files of a version for one kind of device. */
export interface Variant {
  readonly id: string;
  readonly engine: 'onnx' | 'tfjs';
  /** Type of most of its weights. */
  readonly dtype: 'float32' | 'float16' | 'int8';
  /**
   * ONNX Runtime's optimiser processed the graph when it was packed. On wasm the session then
   * starts faster with the optimiser off, and runs as fast.
   */
  readonly optimized?: boolean;
  /** Absent if it runs wherever its engine does. */
  readonly requires?: VariantRequirements;
  /**
   * Errors on the golden samples when it was packed: the worst over the backends that were
   * measured.
   */
  readonly loss?: VariantLoss;
  /** The file the engine opens. */
  readonly entry: string;
  readonly files: readonly ModelFile[];
  readonly chunks: readonly Chunk[];
  /** Absent in releases of older packers, and where few chunks are small. */
  readonly bundles?: readonly Bundle[];
}

export interface VariantRequirements {
  /** Backends that can run it, by the SDK's names. No other backend may be tried. */
  readonly backends?: readonly string[];
}

/**
 * Absolute errors, and the share of golden rows that kept their label (0–1; absent without labels).
 */
export interface VariantLoss {
  readonly maxError: number;
  readonly meanError: number;
  readonly labelsKept?: number;
}

/** Tolerance for each value: |got − expected| ≤ atol + rtol × |expected|. */
export interface Tolerance {
  readonly atol: number;
  readonly rtol: number;
}

/**
 * Description of one version of a model: everything a device needs to fetch, check, run and monitor
 * it.
 */
export interface Manifest {
  readonly schema: 'perigee-model/1';
  readonly name: string;
  /** Semantic version: major = input/output contract, minor = behaviour, patch = same behaviour. */
  readonly version: string;
  readonly createdAt?: string;
  /** Lowest SDK version that accepts this model. */
  readonly minSdk?: string;
  readonly description?: string;
  readonly license?: string;
  readonly signature: Signature;
  readonly pipeline?: Pipeline;
  readonly labels?: readonly string[];
  /**
   * Words that an app may add to its telemetry to distinguish groups of users, at most 50. No other
   * word is ever sent.
   */
  readonly segments?: readonly string[];
  /** In the publisher's order of preference. */
  readonly variants: readonly Variant[];
  /**
   * Inputs with expected outputs (`GoldenSamples` as JSON), run on the device before activation.
   */
  readonly golden?: ObjectRef & { readonly tolerance: Tolerances };
  /** Reference distribution for drift (`ReferenceProfile` of @perigee/profile as JSON). */
  readonly reference?: ObjectRef;
  /** Model card, Markdown. */
  readonly card?: ObjectRef;
  readonly governance?: Governance;
}

/** Facts that people need before they run the model: owner, purpose, quality and origin. */
export interface Governance {
  readonly owner?: string;
  readonly intendedUse?: string;
  readonly outOfScopeUse?: string;
  readonly metrics?: readonly Metric[];
  readonly datasets?: readonly Dataset[];
  readonly baseModel?: string;
  readonly codeCommit?: string;
  /** The framework, or the training run. */
  readonly trainedWith?: string;
  readonly quantization?: string;
}

export interface Metric {
  /** accuracy, f1, mse, … */
  readonly name: string;
  readonly value: number;
  readonly dataset?: string;
  /** A part of the population. */
  readonly slice?: string;
  /** How many rows it was computed over. */
  readonly rows?: number;
  /**
   * True if `perigee eval` computed the value by running the release. Otherwise a person entered
   * it.
   */
  readonly measured?: boolean;
}

export interface Dataset {
  readonly name: string;
  readonly sha256?: Sha256;
  readonly license?: string;
  readonly url?: string;
}

/** A tensor in a golden file. `data` is in row-major order; int64 values may be decimal strings. */
export interface GoldenTensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data: readonly (number | string | boolean)[];
}

export interface GoldenSample {
  readonly id: string;
  readonly feeds: Readonly<Record<string, GoldenTensor>>;
  readonly outputs: Readonly<Record<string, GoldenTensor>>;
}

export interface GoldenSamples {
  readonly schema: 'perigee-golden/1';
  readonly samples: readonly GoldenSample[];
}
