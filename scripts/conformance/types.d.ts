/** A tensor of a test. Values of float16 and bfloat16 are 16-bit patterns. */
export interface TestTensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data: ArrayLike<unknown> & (ArrayBufferView | readonly string[]);
}
export type TestTensors = Readonly<Record<string, TestTensor>>;

/** A case: the paths of a model, and of the tensors of each data set. */
export interface TestCase {
  readonly name: string;
  readonly model: string;
  readonly sets: readonly {
    readonly inputs: readonly string[];
    readonly outputs: readonly string[];
  }[];
  /** The reason why the case is not run. */
  readonly skipped?: string;
}

export type TestBackend = 'native' | 'wasm' | 'cpu' | 'webgpu';

/** Opens a model by path, on one side of the comparison. */
export type Open = (path: string) => Promise<{
  run(feeds: TestTensors): Promise<TestTensors>;
  close(): Promise<void>;
}>;

export interface SideResult {
  readonly status:
    | 'passed'
    | 'wrong'
    | 'refused'
    | 'declined'
    | 'unreadable'
    | 'crashed'
    | 'timed out';
  readonly reason?: string;
  readonly code?: string;
}

export interface CaseResult {
  readonly name: string;
  readonly skipped?: string | undefined;
  readonly raw?: SideResult | undefined;
  readonly sdk?: SideResult | undefined;
}

export interface Progress {
  readonly side: 'raw' | 'sdk';
  readonly done: number;
  readonly total: number;
}

/** Processes that run the same script. */
export interface PoolOptions {
  readonly script: string;
  readonly args: readonly string[];
  readonly size: number;
  readonly timeoutMs: number;
  readonly onDone?: (id: number, result: SideResult) => void;
  /** Whether the process cannot be used again after this result. */
  readonly isPoisoned?: (result: SideResult) => boolean;
}

export interface ConformOptions {
  readonly data: string;
  readonly filter?: string;
  readonly backend?: TestBackend;
  readonly size?: number;
  readonly timeoutMs?: number;
  /** Called after each case. */
  readonly onProgress?: (progress: Progress) => void;
}

declare global {
  /** Runs a case in the page, on one side. Set in page/main.js. */
  var evaluateCase: (side: string, item: Pick<TestCase, 'model' | 'sets'>) => Promise<SideResult>;
}
