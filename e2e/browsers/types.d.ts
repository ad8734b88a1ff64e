/** A browser under test. `call` evaluates an expression in the page. */
export interface DrivenBrowser {
  readonly name: string;
  goto(url: string): Promise<void>;
  call(source: string): Promise<unknown>;
  close(): Promise<void>;
}

/** The answer of the worker that runs the contract of the stores. */
export interface StoresAnswer {
  readonly forms: readonly string[];
  readonly results: readonly { readonly name: string; readonly fault: string | null }[];
}

/** The right answers, from Node. */
export interface Expected {
  readonly onnx: readonly number[];
  readonly tfjs: readonly number[];
}

/** A scenario whose function runs in the lab page. */
export interface Scenario {
  readonly name: string;
  /** Source of the call that is evaluated in the page. */
  readonly source: string;
  /** An engine may answer that it has no such backend. */
  readonly optional: boolean;
  check(answer: unknown, expected: Expected): boolean;
}

export interface Row {
  readonly name: string;
  readonly verdict: 'passed' | 'failed' | 'absent';
  readonly said: string;
}
