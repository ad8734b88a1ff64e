import { unsupported } from '../operator.ts';
import type { GraphNode } from '../read-graph.ts';

/** The attributes of each operator that this engine supports. Operators not listed have none. */
const KNOWN: Readonly<Record<string, string>> = {
  Gemm: 'alpha beta transA transB',
  Conv: 'auto_pad dilations group kernel_shape pads strides',
  BatchNormalization: 'epsilon momentum spatial training_mode',
  LeakyRelu: 'alpha',
  Elu: 'alpha',
  Celu: 'alpha',
  ThresholdedRelu: 'alpha',
  HardSigmoid: 'alpha beta',
  Selu: 'alpha gamma',
  Gelu: 'approximate',
  Clip: 'min max',
  Cast: 'to saturate round_mode',
  Mod: 'fmod',
  Reshape: 'allowzero',
  Flatten: 'axis',
  Squeeze: 'axes',
  Unsqueeze: 'axes',
  Transpose: 'perm',
  Concat: 'axis',
  Gather: 'axis',
  Dropout: 'ratio seed',
  Softmax: 'axis',
  LogSoftmax: 'axis',
  Hardmax: 'axis',
  Constant: 'value value_float value_floats value_int value_ints',
  Slice: 'starts ends axes',
  Split: 'axis split num_outputs',
  Shape: 'start end',
  ConstantOfShape: 'value',
  Pad: 'mode pads value',
  MaxPool: 'auto_pad ceil_mode dilations kernel_shape pads storage_order strides',
  AveragePool: 'auto_pad ceil_mode count_include_pad dilations kernel_shape pads strides',
  ArgMax: 'axis keepdims select_last_index',
  ArgMin: 'axis keepdims select_last_index',
  TopK: 'axis k largest sorted',
  ...Object.fromEntries(
    ['Sum', 'Mean', 'Max', 'Min', 'Prod', 'L2', 'SumSquare'].map((name) => [
      `Reduce${name}`,
      'axes keepdims noop_with_empty_axes',
    ]),
  ),
  'ai.onnx.ml.Scaler': 'offset scale',
  'ai.onnx.ml.Normalizer': 'norm',
  'ai.onnx.ml.Binarizer': 'threshold',
  'ai.onnx.ml.Imputer':
    'imputed_value_floats imputed_value_int64s replaced_value_float replaced_value_int64',
  'ai.onnx.ml.LinearRegressor': 'coefficients intercepts post_transform targets',
  'ai.onnx.ml.LinearClassifier':
    'classlabels_ints classlabels_strings coefficients intercepts multi_class post_transform',
  'ai.onnx.ml.OneHotEncoder': 'cats_int64s cats_strings zeros',
  'ai.onnx.ml.FeatureVectorizer': 'inputdimensions',
  'ai.onnx.ml.LabelEncoder':
    'keys_strings keys_int64s keys_floats values_strings values_int64s values_floats ' +
    'default_string default_int64 default_float',
};
/** Attributes that both tree ensembles have. Each has more, under its own prefix. */
const TREES =
  'nodes_treeids nodes_nodeids nodes_featureids nodes_values nodes_modes nodes_truenodeids ' +
  'nodes_falsenodeids nodes_missing_value_tracks_true nodes_hitrates base_values ' +
  'post_transform';
const VOTES = ['treeids', 'nodeids', 'ids', 'weights'];
const TREE_ENSEMBLES: Readonly<Record<string, readonly string[]>> = {
  'ai.onnx.ml.TreeEnsembleRegressor': [
    'n_targets',
    'aggregate_function',
    ...VOTES.map((name) => `target_${name}`),
  ],
  'ai.onnx.ml.TreeEnsembleClassifier': [
    'classlabels_strings',
    'classlabels_int64s',
    ...VOTES.map((name) => `class_${name}`),
  ],
};

/**
 * Refuses attributes that this engine would ignore, because they may change the result.
 * @throws PerigeeError UNSUPPORTED_OPERATOR
 */
export function checkAttributes(node: GraphNode): void {
  const trees = TREE_ENSEMBLES[node.op];
  const known = trees ? [...trees, ...TREES.split(' ')] : (KNOWN[node.op] ?? '').split(' ');
  for (const name of node.attributes.keys())
    if (!known.includes(name)) throw unsupported(node, `with the attribute "${name}"`);
}
