import type { Signature } from '@perigee/registry';
import type { Backend } from '../config.ts';
import type { Tensors } from '../tensor.ts';

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
}

/** A model loaded and compiled. Calls to `run` may overlap; they are executed one after the other. */
export interface EngineSession {
  readonly signature: Signature;
  /** Threads in use. */
  readonly threads: number;
  /** Feeds were checked against the signature before. Outputs own their buffers. Errors are PerigeeErrors. */
  run(feeds: Tensors): Promise<Tensors>;
  dispose(): Promise<void>;
}

/** The adapter to one runtime. `prepare` may be called early, so that the runtime starts while files are still being read. */
export interface Engine {
  prepare(options: SessionOptions): Promise<void>;
  create(files: EngineFiles, options: SessionOptions): Promise<EngineSession>;
}
