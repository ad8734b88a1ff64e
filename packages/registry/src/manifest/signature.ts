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
  /** The file says nothing about the shape: any rank and any sizes are taken; `shape` is empty then. */
  readonly rank?: 'unknown';
  /** The model has a default value for this input, so a caller may leave it out. */
  readonly optional?: true;
  /**
   * The file has a map from class label to score here (ZipMap). The scores come as a tensor
   * with one column for each of these labels; whole-number labels are in decimal.
   */
  readonly labels?: readonly string[];
  /** The file has a sequence here, which comes as a list of tensors of this dtype and shape. */
  readonly list?: true;
}

/** Names, dtypes and shapes of everything that goes in and comes out (TF Serving's word). */
export interface Signature {
  readonly inputs: readonly TensorSignature[];
  readonly outputs: readonly TensorSignature[];
}
