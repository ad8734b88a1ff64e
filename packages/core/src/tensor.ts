import type { Dtype } from '@perigee/registry';

/** The typed array that carries each dtype. float16 travels as its 16-bit patterns; bool as 0 and 1. */
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

export type TensorData = TensorDataMap[Dtype];

/** Plain data, structured-cloneable: `data` in row-major order, its length the product of `shape`. */
export interface Tensor<D extends Dtype = Dtype> {
  readonly dtype: D;
  readonly shape: readonly number[];
  readonly data: TensorDataMap[D];
}

/** Named tensors going in, or coming out. */
export type Tensors = Readonly<Record<string, Tensor>>;
