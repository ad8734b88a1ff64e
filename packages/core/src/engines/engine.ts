import type { Signature } from '@perigee/registry';
import type { Backend } from '../config.ts';
import type { Tensors } from '../tensor.ts';
import type { RowsRelation } from './onnx/shapes/rows.ts';

/** A model's files by path, and which of them is opened. */
export interface EngineFiles {
  readonly entry: string;
  readonly files: Readonly<Record<string, Uint8Array>>;
}

export interface SessionOptions {
  readonly backend: Backend;
  /** wasm threads wanted; an engine uses one where threads are not to be had. */
  readonly threads: number;
  /** Base URL of the runtime's wasm files; null: where the bundler put them. */
  readonly wasmUrl: string | null;
  /** The publisher optimised the graph already: doing it again only takes time. */
  readonly optimized: boolean;
  /** Inputs and outputs as a manifest names them, where there is one. */
  readonly names?: readonly string[];
}

/** A model loaded and compiled. Calls to `run` may overlap; they are executed one after the other. */
export interface EngineSession {
  readonly signature: Signature;
  /** Further names of inputs and outputs → those in the signature. Feeds and wanted outputs may use them. */
  readonly aliases?: ReadonlyMap<string, string>;
  /** How the rows of a batch relate to each other. Absent: unknown. */
  readonly rows?: RowsRelation;
  /** Threads in use. */
  readonly threads: number;
  /**
   * Feeds were checked against the signature before. Outputs own their buffers. `outputs` names those wanted (default: all); the others
   * need not be computed, and are not returned.
   * @throws PerigeeError INFERENCE_FAILED, UNSUPPORTED_OPERATOR, OUT_OF_MEMORY, DEVICE_LOST
   */
  run(feeds: Tensors, outputs?: readonly string[]): Promise<Tensors>;
  dispose(): Promise<void>;
}

/** The adapter to one runtime. Everything that is particular to a runtime or a model format is behind it. */
export interface Engine {
  /** Its sessions keep nothing of the files they were made of, which may then be given back. */
  readonly copiesFiles?: true;
  /** Paths, relative to the entry, of the further files it refers to (external data, weight shards); absent: to none. The bytes may be anything. */
  companions?(entry: Uint8Array): readonly string[];
  /** Why this model should rather run on another engine, though this one could; null when it suits. Absent: every model does. */
  unsuitable?(files: EngineFiles): string | null;
  /** Starts the runtime. Called early, so that it starts while files are still being read. */
  prepare(options: SessionOptions): Promise<void>;
  /** @throws PerigeeError WRONG_CONTENT, UNSUPPORTED_MODEL, UNSUPPORTED_OPERATOR, BACKEND_UNAVAILABLE, OUT_OF_MEMORY */
  create(files: EngineFiles, options: SessionOptions): Promise<EngineSession>;
}
