import type { Signature } from '@perigee/registry';
import type { Backend } from '../config.ts';
import type { Tensors } from '../tensor.ts';
import type { CompiledWasm, RuntimeFiles } from '../runtime/runtime.ts';
import type { RowsRelation } from './onnx/shapes/rows.ts';

/** A model's files by path. `entry` is the path of the file to open. */
export interface EngineFiles {
  readonly entry: string;
  readonly files: Readonly<Record<string, Uint8Array>>;
  /**
   * Files that stay on the disk, or that free their bytes one by one; then `files` has none. Only for
   * engines that read parts.
   */
  readonly onDisk?: Readonly<Record<string, StoredFile>>;
}

/** A file that is read in parts, while a session is made of it. */
export interface StoredFile {
  /** Its name on the disk, which is the digest in a store. */
  readonly name: string;
  /** The folder that has it. */
  readonly folder: string;
  readonly sizeBytes: number;
  /** Returns the bytes from `start` to `end`, valid until the next call. */
  read(start: number, end: number): Uint8Array;
  /**
   * Like `read`, but a file in memory frees these bytes at the next call. Absent: the bytes are on
   * the disk.
   */
  take?(start: number, end: number): Uint8Array;
  /** Reads bytes again that were taken. */
  restore?(): Promise<void>;
  close(): void;
}

export interface SessionOptions {
  readonly backend: Backend;
  /** Number of wasm threads wanted. An engine uses one where threads are not available. */
  readonly threads: number;
  /** The files of the engines. */
  readonly files: RuntimeFiles;
  /** Wasm that another worker of this page compiled. */
  readonly compiled?: CompiledWasm | undefined;
  /** The option of that name, for messages: base URL of the wasm files. */
  readonly wasmUrl: string | null;
  /** The publisher has optimised the graph already. Optimising it again only takes time. */
  readonly optimized: boolean;
  /** Names of inputs and outputs in the manifest, if there is one. */
  readonly names?: readonly string[];
}

/** A loaded and compiled model. Calls to `run` may overlap; they are executed one by one. */
export interface EngineSession {
  readonly signature: Signature;
  /**
   * Other names of inputs and outputs → their names in the signature. Callers may use them in feeds
   * and wanted outputs.
   */
  readonly aliases?: ReadonlyMap<string, string>;
  /** How the rows of a batch relate to each other. Absent: unknown. */
  readonly rows?: RowsRelation;
  /** Threads in use. */
  readonly threads: number;
  /**
   * Runs the model once. The caller has checked the feeds against the signature. The results own
   * their buffers.
   * @param outputs names of the outputs to return (default: all); the others need not be computed
   * @throws PerigeeError INFERENCE_FAILED, UNSUPPORTED_OPERATOR, OUT_OF_MEMORY, DEVICE_LOST
   */
  run(feeds: Tensors, outputs?: readonly string[]): Promise<Tensors>;
  dispose(): Promise<void>;
}

/** The adapter to one runtime. It hides all that is specific to the runtime or a model format. */
export interface Engine {
  /** Sessions do not use the files after `create`, so the caller may free them. */
  readonly copiesFiles?: true;
  /**
   * Paths of the files that an entry file refers to (external data, weight shards), relative to it.
   * The bytes may be anything. Absent: entry files refer to no others.
   */
  companions?(entry: Uint8Array): readonly string[];
  /** Whether an entry file can be opened in parts, without any file beside it. */
  isAlone?(entry: StoredFile): boolean;
  /**
   * The reason why this model should run on another engine, although this one may run it; null when
   * the model suits. Absent: every model suits.
   */
  unsuitable?(files: EngineFiles): string | null;
  /** The runtime's wasm, for further workers of the page. Absent: it cannot be handed on. */
  compiled?(): CompiledWasm;
  /** Starts the runtime. Called early, so that it starts while files are still being read. */
  prepare(options: SessionOptions): Promise<void>;
  /** Fetches and compiles the runtime without starting it. Absent: `prepare` is to be called. */
  fetchCode?(options: SessionOptions): Promise<unknown>;
  /**
   * Opens a model.
   * @throws PerigeeError WRONG_CONTENT, UNSUPPORTED_MODEL, UNSUPPORTED_OPERATOR,
   *   BACKEND_UNAVAILABLE, OUT_OF_MEMORY
   */
  create(files: EngineFiles, options: SessionOptions): Promise<EngineSession>;
}
