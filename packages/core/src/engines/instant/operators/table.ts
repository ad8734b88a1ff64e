import type { Operators } from '../operator.ts';
import { DENSE } from './dense.ts';
import { ELEMENTWISE } from './elementwise.ts';
import { LAYOUT } from './layout.ts';
import { POOL } from './pool.ts';
import { SOFTMAX } from './softmax.ts';

/**
 * Operators that most small networks have. A model with an operator that no table has starts on
 * wasm, several times later: see "Convolutions in plain JavaScript" in bench/RESULTS.md.
 */
const COMMON: Operators = { ...DENSE, ...ELEMENTWISE, ...LAYOUT, ...POOL, ...SOFTMAX };

/** Other operators, by file. A file is downloaded only when a model has one of its operators. */
const RARER = {
  more:
    'And ArgMax ArgMin Ceil Celu ConstantOfShape Cos Equal Erf Expand Floor Gelu Greater ' +
    'GreaterOrEqual HardSigmoid HardSwish Hardmax IsNaN Less LessOrEqual LogSoftmax Mean Mod ' +
    'Not Or PRelu Pad ReduceL2 ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ' +
    'ReduceSumSquare Round Selu Shape Sign Sin Slice Softplus Softsign Split Sum Tan ' +
    'ThresholdedRelu Tile TopK Where Xor',
  ml:
    'ArrayFeatureExtractor Binarizer FeatureVectorizer Imputer LabelEncoder LinearClassifier ' +
    'LinearRegressor Normalizer OneHotEncoder Scaler TreeEnsembleClassifier ' +
    'TreeEnsembleRegressor',
};
const MORE = new Set(RARER.more.split(' '));
const ML = new Set(RARER.ml.split(' ').map((name) => `ai.onnx.ml.${name}`));

export function hasOperator(op: string): boolean {
  return Object.hasOwn(COMMON, op) || MORE.has(op) || ML.has(op);
}

/** Loads a table with those of these operators that this engine has. */
export async function operatorsFor(ops: readonly string[]): Promise<Operators> {
  const needsMore = ops.some((op) => MORE.has(op));
  const needsMl = ops.some((op) => ML.has(op));
  return {
    ...COMMON,
    ...(needsMore && (await import('./more.ts')).MORE),
    ...(needsMl && (await import('./ml.ts')).ML),
  };
}
