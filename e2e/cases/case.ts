import type { Backend, ErrorCode, Tensor } from 'perigee';

/** An expected tensor. Values are compared to 1e-5 of the largest value, texts exactly. */
export interface Want {
  readonly dtype: Tensor['dtype'];
  readonly shape: readonly number[];
  readonly data: readonly (number | bigint | string)[];
  /** `data` has only every n-th value, beginning with the first. */
  readonly every?: number;
}

/**
 * Expected tensors by name, or a list where the model gives a sequence. Further outputs are
 * allowed.
 */
export type Wants = Readonly<Record<string, Want | readonly Want[]>>;

/** An expected error: its code, and words in its message. */
export interface Refusal {
  readonly code: ErrorCode | readonly ErrorCode[];
  readonly words: readonly string[];
}

/** One call. Each call gets a new input. */
export interface Row {
  readonly what: string;
  readonly call: 'predict' | 'run';
  readonly input: () => unknown;
  readonly gives?: Wants;
  readonly refused?: Refusal;
  /** A backend that cannot detect that the input is wrong. */
  readonly unseenBy?: Backend;
}

/** A model, how it is passed to the SDK, and the expected results. */
export interface Case {
  readonly what: string;
  /** A file in models/. The case loads the file by its URL, unless `files` is given. */
  readonly file: string;
  /** The files that the case passes as a Map: name → file in models/. */
  readonly files?: Readonly<Record<string, string>>;
  /** Makes the bytes that are passed instead of the file. */
  readonly change?: (file: Uint8Array) => Uint8Array;
  readonly refused?: Refusal;
  /**
   * A backend whose runtime lacks something that the case needs. The load or the run fails and
   * names it.
   */
  readonly lacking?: Backend;
  /** The instant engine refuses the model as unsupported. Other engines open the model. */
  readonly elsewhere?: true;
  /** Properties that the inputs and outputs must have, among others. */
  readonly inputs?: readonly Readonly<Record<string, unknown>>[];
  readonly outputs?: readonly Readonly<Record<string, unknown>>[];
  readonly rows?: readonly Row[];
}

/** The `backend` option. Undefined: the option is not given. */
export type Choice = Backend | undefined;

export const float = (shape: readonly number[], values: readonly number[]): Tensor<'float32'> => ({
  dtype: 'float32',
  shape,
  data: Float32Array.from(values),
});

export const bytes = (shape: readonly number[], values: readonly number[]): Tensor<'uint8'> => ({
  dtype: 'uint8',
  shape,
  data: Uint8Array.from(values),
});

export const int64 = (shape: readonly number[], ...values: bigint[]): Tensor<'int64'> => ({
  dtype: 'int64',
  shape,
  data: BigInt64Array.from(values),
});

export const want = (dtype: Want['dtype'], shape: readonly number[], data: Want['data']): Want => ({
  dtype,
  shape,
  data,
});

export const count = (length: number): number[] => Array.from({ length }, (_, i) => i);

/**
 * Numbers from 0 to 1, the same each time. The expected values of the cases were computed by the
 * raw runtime for exactly these inputs, so this generator must not change.
 */
export function noise(length: number): number[] {
  let state = 7;
  const next = (): number => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0);
  return Array.from({ length }, () => next() / 2 ** 32);
}

/** A call of `predict()` with its expected outputs. */
export const predict = (what: string, input: () => unknown, gives: Wants): Row => ({
  what,
  call: 'predict',
  input,
  gives,
});

/** A call of `run()` with its expected outputs. */
export const run = (what: string, input: () => unknown, gives: Wants): Row => ({
  what,
  call: 'run',
  input,
  gives,
});

/** An input that `predict()` must refuse with these words. */
export const invalid = (what: string, input: () => unknown, ...words: string[]): Row => ({
  what,
  call: 'predict',
  input,
  refused: { code: 'INVALID_INPUT', words },
});
