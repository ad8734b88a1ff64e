/** ONNX's names of element types; the same words on every engine. */
export type Dtype =
  | 'float32' | 'float16' | 'float64'
  | 'int8' | 'uint8' | 'int16' | 'uint16' | 'int32' | 'uint32' | 'int64' | 'uint64'
  | 'bool' | 'string';

/** A size, a name where the dimension is free but shared ("batch"), or null where it is free. */
export type Dimension = number | string | null;

/** One named tensor a model takes or gives. */
export interface TensorSignature {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly Dimension[];
}

/** Names, dtypes and shapes of everything that goes in and comes out (TF Serving's word). */
export interface Signature {
  readonly inputs: readonly TensorSignature[];
  readonly outputs: readonly TensorSignature[];
}
