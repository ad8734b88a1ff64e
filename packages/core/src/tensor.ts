import type { Dtype } from '@perigee/registry';

/** The typed array for each dtype. float16 values are 16-bit patterns; bool values are 0 or 1. */
export interface TensorDataMap {
  float32: Float32Array;
  float16: Uint16Array;
  float64: Float64Array;
  int8: Int8Array;
  uint8: Uint8Array;
  int16: Int16Array;
  uint16: Uint16Array;
  int32: Int32Array;
  uint32: Uint32Array;
  int64: BigInt64Array;
  uint64: BigUint64Array;
  bool: Uint8Array;
  string: string[];
}

/** The typed array of a tensor. */
export type TensorData = TensorDataMap[Dtype];

/**
 * A tensor as plain, structured-cloneable data. `data` is in row-major order; its length is the
 * product of `shape`.
 */
export interface Tensor<
  D extends Dtype = Dtype,
  Shape extends readonly number[] = readonly number[],
> {
  readonly dtype: D;
  readonly shape: Shape;
  readonly data: TensorDataMap[D];
}

/** Tensors by the name of the model's input or output. */
export type Tensors = Readonly<Record<string, Tensor>>;
