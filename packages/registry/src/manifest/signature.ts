/** Element types, by their ONNX names. All engines use these names. */
export type Dtype =
  | 'float32'
  | 'float16'
  | 'float64'
  | 'int8'
  | 'uint8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'uint64'
  | 'bool'
  | 'string';

/** A size; a name if the dimension is free but shared ("batch"); null if it is free. */
export type Dimension = number | string | null;

/** A named input or output tensor. */
export interface TensorSignature {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly Dimension[];
  /** The file gives no shape, so any rank and size is accepted. `shape` is then empty. */
  readonly rank?: 'unknown';
  /** The model has a default value for this input, so a caller may leave it out. */
  readonly optional?: true;
  /**
   * The file has a map from class label to score here (ZipMap). The scores become a tensor with one
   * column per label of this list. Integer labels are in decimal.
   */
  readonly labels?: readonly string[];
  /** The file has a sequence here. It becomes a list of tensors of this dtype and shape. */
  readonly list?: true;
}

/** Names, dtypes and shapes of all inputs and outputs. The term comes from TensorFlow Serving. */
export interface Signature {
  readonly inputs: readonly TensorSignature[];
  readonly outputs: readonly TensorSignature[];
}
