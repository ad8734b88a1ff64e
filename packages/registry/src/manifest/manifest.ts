import type { Pipeline } from './pipeline.ts';
import type { Signature } from './signature.ts';
import type { Tolerances } from './tolerance.ts';

/** SHA-256 as 64 lower-case hex digits. Branded, so that an id cannot be taken for a digest. */
export type Sha256 = string & { readonly __brand: 'sha256' };

/** A content-addressed object under `blobs/sha256/`. The size is mandatory: every download is bounded before it starts. */
export interface ObjectRef {
  readonly sha256: Sha256;
  readonly sizeBytes: number;
}

/** How a chunk travels; `planes` are gzipped byte planes of elements of 2 or 4 bytes. The digest is always of the decoded bytes. */
export type Encoding = 'identity' | 'gzip' | 'planes2' | 'planes4';

export interface Chunk {
  readonly sha256: Sha256;
  /** Decoded size. */
  readonly sizeBytes: number;
  readonly encoding: Encoding;
  /** Bytes on the wire; equals sizeBytes for `identity`. */
  readonly wireBytes: number;
}

export interface ModelFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: Sha256;
  /** Indexes into the variant's `chunks`; concatenated in this order they are the file, byte for byte. */
  readonly chunks: readonly number[];
}

/** One set of files of a version for a kind of device. */
export interface Variant {
  readonly id: string;
  readonly engine: 'onnx' | 'tfjs';
  /** What most of its weights are stored as. */
  readonly dtype: 'float32' | 'float16' | 'int8';
  /** The graph went through ONNX Runtime's optimiser when it was packed: on wasm the session is made faster, and runs as fast, without it. */
  readonly optimized?: boolean;
  /** Absent: it runs wherever its engine does. */
  readonly requires?: VariantRequirements;
  /** What it was off by on the golden samples, the worst of the backends it was measured on when it was packed. */
  readonly loss?: VariantLoss;
  /** The file the engine opens. */
  readonly entry: string;
  readonly files: readonly ModelFile[];
  readonly chunks: readonly Chunk[];
}

export interface VariantRequirements {
  /** Backends that can run it, by the SDK's names; on others it must not be tried. */
  readonly backends?: readonly string[];
}

/** Absolute errors, and the share of golden rows that kept their label, from 0 to 1, where there are labels. */
export interface VariantLoss {
  readonly maxError: number;
  readonly meanError: number;
  readonly labelsKept?: number;
}

/** |got − expected| ≤ atol + rtol × |expected|, for each value. */
export interface Tolerance {
  readonly atol: number;
  readonly rtol: number;
}

/** Description of one version of a model: everything a device needs to fetch, check, run and watch it. */
export interface Manifest {
  readonly schema: 'perigee-model/1';
  readonly name: string;
  /** semver: major = input/output contract, minor = behaviour, patch = same behaviour. */
  readonly version: string;
  readonly createdAt?: string;
  /** Older SDKs do not take it. */
  readonly minSdk?: string;
  readonly description?: string;
  readonly license?: string;
  readonly signature: Signature;
  readonly pipeline?: Pipeline;
  readonly labels?: readonly string[];
  /** Words an app may give its telemetry to tell groups of users apart; none other is ever sent. At most 50. */
  readonly segments?: readonly string[];
  /** In the order in which the publisher would have them taken. */
  readonly variants: readonly Variant[];
  /** Inputs with expected outputs (`GoldenSamples` as JSON), run on the device before activation. */
  readonly golden?: ObjectRef & { readonly tolerance: Tolerances };
  /** What drift is measured against (`ReferenceProfile` of @perigee/profile as JSON). */
  readonly reference?: ObjectRef;
  /** Model card, Markdown. */
  readonly card?: ObjectRef;
  readonly governance?: Governance;
}

/** What people need to know before they run it: who answers for it, what for, how good, made of what. */
export interface Governance {
  readonly owner?: string;
  readonly intendedUse?: string;
  readonly outOfScopeUse?: string;
  readonly metrics?: readonly Metric[];
  readonly datasets?: readonly Dataset[];
  readonly baseModel?: string;
  readonly codeCommit?: string;
  /** The framework, or the run, it comes from. */
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
  /** `perigee eval` computed it by running the release; else somebody typed it. */
  readonly measured?: boolean;
}

export interface Dataset {
  readonly name: string;
  readonly sha256?: Sha256;
  readonly license?: string;
  readonly url?: string;
}

/** A tensor in a golden file: `data` in row-major order; int64 values as decimal strings. */
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
