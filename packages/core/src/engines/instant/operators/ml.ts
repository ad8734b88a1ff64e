import { PerigeeError } from '../../../error.ts';
import type { Tensor } from '../../../tensor.ts';
import { attribute, unsupported, wholeOf } from '../operator.ts';
import type { Operator, Operators } from '../operator.ts';
import type { GraphNode } from '../read-graph.ts';
import { allocate, numbersOf, sizeOf, valuesOf } from '../tensors.ts';
import { labels } from './class-labels.ts';
import { postTransform } from './post-transform.ts';
import { treeClassifier } from './tree-classifier.ts';
import { treeRegressor } from './trees.ts';

/** Operators of `ai.onnx.ml`, which scikit-learn models use. Loaded when a model has one. */
const NONE: readonly never[] = [];
const lists = (node: GraphNode, name: string): readonly number[] =>
  attribute(node, name, NONE as readonly number[]);
const texts = (node: GraphNode, name: string): readonly string[] =>
  attribute(node, name, NONE as readonly string[]);

/** Numbers of rows and columns. A vector is one row. */
function rowsOf({ shape }: Tensor): [rows: number, columns: number] {
  return shape.length === 1 ? [1, shape[0] ?? 0] : [shape[0] ?? 1, sizeOf(shape.slice(1))];
}

/** Maps each value and its column to a float32. Takes any numeric dtype. */
function byColumn(x: Tensor, f: (value: number, column: number) => number): Tensor {
  const result = allocate('float32', x.shape);
  const [from, to] = [valuesOf(x), valuesOf(result)];
  const [, columns] = rowsOf(x);
  for (let i = 0; i < from.length; i += 1) to[i] = f(Number(from[i]), i % columns);
  return result;
}

const scaler: Operator = (node) => {
  const [offset, scale] = [lists(node, 'offset'), lists(node, 'scale')];
  const at = (list: readonly number[], column: number): number =>
    list[list.length === 1 ? 0 : column] as number;
  return ([x]) =>
    byColumn(x as Tensor, (value, column) => (value - at(offset, column)) * at(scale, column));
};

/** The square of a value as in ONNX Runtime: integers wrap, others are rounded to float32. */
function squareOf(value: number | bigint, dtype: string): number {
  if (typeof value === 'bigint') return Number(BigInt.asIntN(64, value * value));
  return dtype === 'int32' ? Math.imul(value, value) : Math.fround(value * value);
}

/** The divisor of a row; for L2 the sum of squares. */
function normOf(row: readonly (number | bigint)[], norm: string, dtype: string): number {
  if (norm === 'MAX')
    return row.reduce(
      (most: number, value) => (value > most ? Number(value) : most),
      -Number.MAX_VALUE,
    );
  if (norm === 'L1') return row.reduce((sum: number, value) => sum + Math.abs(Number(value)), 0);
  return row.reduce((sum: number, value) => Math.fround(sum + squareOf(value, dtype)), 0);
}

const normalizer: Operator = (node) => {
  const norm = attribute(node, 'norm', 'MAX');
  return ([data]) => {
    const x = data as Tensor;
    const [rows, columns] = rowsOf(x);
    const from = Array.from(x.data as ArrayLike<number | bigint>);
    const result = allocate('float32', x.shape);
    const to = valuesOf(result);
    for (let row = 0; row < rows; row += 1) {
      const values = from.slice(row * columns, (row + 1) * columns);
      const divisor = normOf(values, norm, x.dtype);
      for (const [column, value] of values.entries()) {
        // Rows with a norm of zero stay unchanged.
        const own = Number(value);
        const share =
          norm === 'L2'
            ? Math.sign(own) * Math.sqrt(squareOf(value, x.dtype) / divisor)
            : own / divisor;
        to[row * columns + column] = divisor === 0 ? own : share;
      }
    }
    return result;
  };
};

const imputer: Operator = (node) => {
  const [floats, ints] = [
    lists(node, 'imputed_value_floats'),
    wholeOf(node, 'imputed_value_int64s'),
  ];
  const replacedInt = wholeOf(node, 'replaced_value_int64')[0] ?? 0n;
  return ([data]) => {
    const x = data as Tensor;
    const isWhole = x.dtype === 'int64';
    const imputed: readonly (number | bigint)[] = isWhole ? ints : floats;
    const replaced: number | bigint = isWhole
      ? replacedInt
      : attribute(node, 'replaced_value_float', 0);
    const result = allocate(x.dtype, x.shape);
    const [from, to] = [valuesOf(x), valuesOf(result)];
    const [, columns] = rowsOf(x);
    for (let i = 0; i < from.length; i += 1) {
      const value = from[i] as number;
      const isMissing = Number.isNaN(replaced) ? Number.isNaN(value) : value === replaced;
      to[i] = isMissing ? (imputed[imputed.length === 1 ? 0 : i % columns] as number) : value;
    }
    return result;
  };
};

const binarizer: Operator = (node) => {
  const threshold = attribute(node, 'threshold', 0);
  return ([x]) => byColumn(x as Tensor, (value) => (value > threshold ? 1 : 0));
};

/** Makes a function for x · coefficientsᵀ + intercepts. It returns a list of scores per row. */
function linear(node: GraphNode, targets: number): (x: Tensor) => number[][] {
  const [coefficients, intercepts] = [lists(node, 'coefficients'), lists(node, 'intercepts')];
  return (x) => {
    const [rows, columns] = rowsOf(x);
    if (coefficients.length !== targets * columns)
      throw new PerigeeError(
        'INFERENCE_FAILED',
        `${node.op} has ${coefficients.length} coefficients; ${targets} × ${columns} are needed.`,
      );
    const from = valuesOf(x);
    return Array.from({ length: rows }, (_, row) =>
      Array.from({ length: targets }, (_, target) => {
        let sum = intercepts[target] ?? 0;
        for (let column = 0; column < columns; column += 1)
          sum +=
            Number(from[row * columns + column]) *
            (coefficients[target * columns + column] as number);
        return sum;
      }),
    );
  };
}

function matrix(rows: readonly (readonly number[])[]): Tensor {
  const width = rows[0]?.length ?? 0;
  return { dtype: 'float32', shape: [rows.length, width], data: Float32Array.from(rows.flat()) };
}

const linearRegressor: Operator = (node) => {
  const scores = linear(node, attribute(node, 'targets', 1));
  const transform = postTransform(node);
  // ONNX Runtime does not transform a single target.
  if (attribute(node, 'targets', 1) === 1) return ([x]) => matrix(scores(x as Tensor));
  return ([x]) => matrix(scores(x as Tensor).map(transform));
};

const linearClassifier: Operator = (node) => {
  const [strings, ints] = [texts(node, 'classlabels_strings'), wholeOf(node, 'classlabels_ints')];
  const count = Math.max(strings.length, ints.length);
  const transform = postTransform(node);
  // With one row of coefficients for two classes, ONNX Runtime tells them apart by the sign, by
  // rules of its own.
  if (count < 2 || lists(node, 'intercepts').length === 1)
    throw unsupported(node, 'with one row of coefficients');
  const scores = linear(node, count);
  return ([x]) => {
    const rows = scores(x as Tensor);
    return [labels(rows.map(argMax), strings, ints), matrix(rows.map(transform))];
  };
};

function argMax(row: readonly number[]): number {
  return row.reduce((best, value, i) => (value > (row[best] as number) ? i : best), 0);
}

const oneHotEncoder: Operator = (node) => {
  const categories: readonly (string | bigint)[] = node.attributes.has('cats_strings')
    ? texts(node, 'cats_strings')
    : wholeOf(node, 'cats_int64s');
  const allowsOthers = attribute(node, 'zeros', 1) !== 0;
  const index = new Map(categories.map((category, i) => [category, i]));
  return ([data]) => {
    const x = data as Tensor;
    const result = allocate('float32', [...x.shape, categories.length]);
    const to = valuesOf(result);
    for (let i = 0; i < x.data.length; i += 1) {
      const value = x.data[i] as string | number | bigint;
      const at = index.get(typeof value === 'number' ? toWhole(value) : value);
      if (at !== undefined) to[i * categories.length + at] = 1;
      else if (!allowsOthers)
        throw new PerigeeError(
          'INFERENCE_FAILED',
          `"${value}" is none of the ${categories.length} categories of the model.`,
        );
    }
    return result;
  };
};

/** Rounds a number towards zero. NaN and infinities become '', which is no category. */
function toWhole(value: number): bigint | string {
  return Number.isFinite(value) ? BigInt(Math.trunc(value)) : '';
}

const KINDS = { strings: 'string', int64s: 'int64', floats: 'float32' } as const;
type Kind = keyof typeof KINDS;
type LabelValue = string | number | bigint;
const SINGULAR = {
  strings: 'default_string',
  int64s: 'default_int64',
  floats: 'default_float',
} as const;
const DEFAULTS = { strings: '_Unused', int64s: -1n, floats: -0 } as const;

/** From this operator set on, NaN is a valid key. */
const NAN_KEYS_SINCE = 4;

const labelEncoder: Operator = (node) => {
  const kindOf = (side: string): Kind | undefined =>
    (['strings', 'int64s', 'floats'] as const).find((kind) =>
      node.attributes.has(`${side}_${kind}`),
    );
  const [from, to] = [kindOf('keys'), kindOf('values')];
  if (!from || !to) throw unsupported(node, 'without lists of keys and values');
  const listed = (name: string, kind: Kind): readonly LabelValue[] =>
    kind === 'int64s' ? wholeOf(node, name) : (node.attributes.get(name) as readonly LabelValue[]);
  const [keys, values] = [listed(`keys_${from}`, from), listed(`values_${to}`, to)];
  // If two keys are equal, the first one counts.
  const index = new Map([...keys.entries()].map(([i, key]) => [key, i] as const).toReversed());
  if (node.opset < NAN_KEYS_SINCE) index.delete(NaN);
  const given = node.attributes.get(SINGULAR[to]) as string | number | undefined;
  const fallback: LabelValue =
    (to === 'int64s' ? wholeOf(node, SINGULAR[to])[0] : given) ?? DEFAULTS[to];
  return ([data]) => {
    const x = data as Tensor;
    const result = allocate(KINDS[to], x.shape);
    const target = result.data as unknown as unknown[];
    for (let i = 0; i < x.data.length; i += 1) {
      const at = index.get(x.data[i] as LabelValue);
      target[i] = at === undefined ? fallback : (values[at] ?? fallback);
    }
    return result;
  };
};

const featureVectorizer: Operator = () => (inputs) => {
  const parts = inputs as readonly Tensor[];
  const rows = rowsOf(parts[0] as Tensor)[0];
  const width = parts.reduce((sum, part) => sum + rowsOf(part)[1], 0);
  const result = allocate('float32', [rows, width]);
  const to = valuesOf(result);
  let start = 0;
  for (const part of parts) {
    const [, columns] = rowsOf(part);
    for (let i = 0; i < part.data.length; i += 1)
      to[Math.floor(i / columns) * width + start + (i % columns)] = Number(part.data[i]);
    start += columns;
  }
  return result;
};

const arrayFeatureExtractor: Operator =
  () =>
  ([data, picks]) => {
    const x = data as Tensor;
    const columns = x.shape.at(-1) ?? 1;
    const wanted = numbersOf(picks as Tensor);
    const rows = x.data.length / columns;
    const result = allocate(x.dtype, [
      ...(x.shape.length === 1 ? [1] : x.shape.slice(0, -1)),
      wanted.length,
    ]);
    const [from, to] = [valuesOf(x), valuesOf(result)];
    for (let row = 0, at = 0; row < rows; row += 1) {
      for (const column of wanted) {
        if (!(column >= 0 && column < columns))
          throw new PerigeeError(
            'INFERENCE_FAILED',
            `The model picks column ${column} of ${columns}.`,
          );
        to[at++] = from[row * columns + column] as number;
      }
    }
    return result;
  };

export const ML: Operators = Object.fromEntries(
  Object.entries({
    Scaler: scaler,
    Normalizer: normalizer,
    Imputer: imputer,
    Binarizer: binarizer,
    LinearRegressor: linearRegressor,
    LinearClassifier: linearClassifier,
    OneHotEncoder: oneHotEncoder,
    LabelEncoder: labelEncoder,
    FeatureVectorizer: featureVectorizer,
    ArrayFeatureExtractor: arrayFeatureExtractor,
    TreeEnsembleRegressor: treeRegressor,
    TreeEnsembleClassifier: treeClassifier,
  } satisfies Operators).map(([name, operator]) => [`ai.onnx.ml.${name}`, operator]),
);
