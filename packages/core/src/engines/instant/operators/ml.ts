import { PerigeeError } from '../../../error.ts';
import type { Tensor } from '../../../tensor.ts';
import { attribute, unsupported } from '../operator.ts';
import type { Operator, Operators } from '../operator.ts';
import type { GraphNode } from '../read-graph.ts';
import { allocate, numbersOf, sizeOf, valuesOf } from '../tensors.ts';
import { labels } from './class-labels.ts';
import { postTransform } from './post-transform.ts';
import { treeClassifier, treeRegressor } from './trees.ts';

/** Operators of `ai.onnx.ml`: what scikit-learn models are made of. Loaded when a model has one. */
const NONE: readonly never[] = [];
const lists = (node: GraphNode, name: string): readonly number[] => attribute(node, name, NONE as readonly number[]);
const texts = (node: GraphNode, name: string): readonly string[] => attribute(node, name, NONE as readonly string[]);

/** Rows × columns: a list is one row. */
function rowsOf({ shape }: Tensor): [rows: number, columns: number] {
  return shape.length === 1 ? [1, shape[0] ?? 0] : [shape[0] ?? 1, sizeOf(shape.slice(1))];
}

/** float32 out of any numeric in, value by value with its column. */
function byColumn(x: Tensor, f: (value: number, column: number) => number): Tensor {
  const result = allocate('float32', x.shape);
  const [from, to] = [valuesOf(x), valuesOf(result)];
  const [, columns] = rowsOf(x);
  for (let i = 0; i < from.length; i += 1) to[i] = f(Number(from[i]), i % columns);
  return result;
}

const scaler: Operator = (node) => {
  const [offset, scale] = [lists(node, 'offset'), lists(node, 'scale')];
  const at = (list: readonly number[], column: number): number => list[list.length === 1 ? 0 : column] as number;
  return ([x]) => byColumn(x as Tensor, (value, column) => (value - at(offset, column)) * at(scale, column));
};

const normalizer: Operator = (node) => {
  const norm = attribute(node, 'norm', 'MAX');
  return ([data]) => {
    const x = data as Tensor;
    const [rows, columns] = rowsOf(x);
    const from = valuesOf(x);
    const norms = Array.from({ length: rows }, (_, row) => {
      let total = norm === 'MAX' ? -Infinity : 0;
      for (let i = row * columns; i < (row + 1) * columns; i += 1) {
        const value = Number(from[i]);
        total = norm === 'MAX' ? Math.max(total, value) : total + (norm === 'L1' ? Math.abs(value) : value * value);
      }
      return norm === 'L2' ? Math.sqrt(total) : total;
    });
    const result = allocate('float32', x.shape);
    const to = valuesOf(result);
    for (let i = 0; i < from.length; i += 1) to[i] = Number(from[i]) / (norms[Math.floor(i / columns)] || 1);
    return result;
  };
};

const imputer: Operator = (node) => {
  const [floats, ints] = [lists(node, 'imputed_value_floats'), lists(node, 'imputed_value_int64s')];
  return ([data]) => {
    const x = data as Tensor;
    const isWhole = x.dtype === 'int64';
    const imputed = isWhole ? ints : floats;
    const replaced = isWhole ? attribute(node, 'replaced_value_int64', 0) : attribute(node, 'replaced_value_float', 0);
    const result = allocate(x.dtype, x.shape);
    const [from, to] = [valuesOf(x), valuesOf(result)];
    const [, columns] = rowsOf(x);
    for (let i = 0; i < from.length; i += 1) {
      const value = Number(from[i]);
      const isMissing = Number.isNaN(replaced) ? Number.isNaN(value) : value === replaced;
      const own = imputed[imputed.length === 1 ? 0 : i % columns] as number;
      to[i] = isMissing ? ((isWhole ? BigInt(own) : own) as number) : (from[i] as number);
    }
    return result;
  };
};

const binarizer: Operator = (node) => {
  const threshold = attribute(node, 'threshold', 0);
  return ([x]) => byColumn(x as Tensor, (value) => (value > threshold ? 1 : 0));
};

/** x · coefficientsᵀ + intercepts, a row of scores each. */
function linear(node: GraphNode, targets: number): (x: Tensor) => number[][] {
  const [coefficients, intercepts] = [lists(node, 'coefficients'), lists(node, 'intercepts')];
  return (x) => {
    const [rows, columns] = rowsOf(x);
    if (coefficients.length !== targets * columns) throw new PerigeeError('INFERENCE_FAILED', `${node.op} has ${coefficients.length} coefficients; ${targets} × ${columns} are needed.`);
    const from = valuesOf(x);
    return Array.from({ length: rows }, (_, row) => Array.from({ length: targets }, (_, target) => {
      let sum = intercepts[target] ?? 0;
      for (let column = 0; column < columns; column += 1) sum += Number(from[row * columns + column]) * (coefficients[target * columns + column] as number);
      return sum;
    }));
  };
}

function matrix(rows: readonly (readonly number[])[]): Tensor {
  const width = rows[0]?.length ?? 0;
  return { dtype: 'float32', shape: [rows.length, width], data: Float32Array.from(rows.flat()) };
}

const linearRegressor: Operator = (node) => {
  const scores = linear(node, attribute(node, 'targets', 1));
  const transform = postTransform(node);
  return ([x]) => matrix(scores(x as Tensor).map(transform));
};

const linearClassifier: Operator = (node) => {
  const [strings, ints] = [texts(node, 'classlabels_strings'), lists(node, 'classlabels_ints')];
  const count = Math.max(strings.length, ints.length);
  const transform = postTransform(node);
  // A single row of coefficients for two classes: its sign tells them apart, in a way that is ONNX Runtime's own.
  if (count < 2 || lists(node, 'intercepts').length === 1) throw unsupported(node, 'with one row of coefficients');
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
  const categories: readonly (string | number)[] = node.attributes.has('cats_strings') ? texts(node, 'cats_strings') : lists(node, 'cats_int64s');
  const allowsOthers = attribute(node, 'zeros', 1) !== 0;
  const index = new Map(categories.map((category, i) => [category, i]));
  return ([data]) => {
    const x = data as Tensor;
    const result = allocate('float32', [...x.shape, categories.length]);
    const to = valuesOf(result);
    for (let i = 0; i < x.data.length; i += 1) {
      const value = x.data[i] as string | number | bigint;
      const at = index.get(typeof value === 'string' ? value : Math.trunc(Number(value)));
      if (at !== undefined) to[i * categories.length + at] = 1;
      else if (!allowsOthers) throw new PerigeeError('INFERENCE_FAILED', `"${value}" is none of the ${categories.length} categories of the model.`);
    }
    return result;
  };
};

const KINDS = { strings: 'string', int64s: 'int64', floats: 'float32' } as const;
type Kind = keyof typeof KINDS;
const SINGULAR = { strings: 'default_string', int64s: 'default_int64', floats: 'default_float' } as const;
const DEFAULTS = { strings: '_Unused', int64s: -1, floats: -0 } as const;

const labelEncoder: Operator = (node) => {
  const kindOf = (side: string): Kind | undefined => (['strings', 'int64s', 'floats'] as const).find((kind) => node.attributes.has(`${side}_${kind}`));
  const [from, to] = [kindOf('keys'), kindOf('values')];
  if (!from || !to) throw unsupported(node, 'without lists of keys and values');
  const keys = attribute(node, `keys_${from}`, NONE as readonly (string | number)[] as readonly number[]) as readonly (string | number)[];
  const values = attribute(node, `values_${to}`, NONE as readonly number[]) as readonly (string | number)[];
  // The first of equal keys counts; NaN is a key like others.
  const index = new Map([...keys.entries()].map(([i, key]) => [key, i] as const).toReversed());
  const fallback = attribute(node, SINGULAR[to], DEFAULTS[to] as string | number);
  return ([data]) => {
    const x = data as Tensor;
    const result = allocate(KINDS[to], x.shape);
    const target = result.data as unknown as unknown[];
    for (let i = 0; i < x.data.length; i += 1) {
      const value = x.data[i] as string | number | bigint;
      const at = index.get(typeof value === 'bigint' ? Number(value) : value);
      const found = at === undefined ? fallback : (values[at] ?? fallback);
      target[i] = to === 'int64s' ? BigInt(found) : found;
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
    for (let i = 0; i < part.data.length; i += 1) to[Math.floor(i / columns) * width + start + (i % columns)] = Number(part.data[i]);
    start += columns;
  }
  return result;
};

const arrayFeatureExtractor: Operator = () => ([data, picks]) => {
  const x = data as Tensor;
  const columns = x.shape.at(-1) ?? 1;
  const wanted = numbersOf(picks as Tensor);
  const rows = x.data.length / columns;
  const result = allocate(x.dtype, [...(x.shape.length === 1 ? [1] : x.shape.slice(0, -1)), wanted.length]);
  const [from, to] = [valuesOf(x), valuesOf(result)];
  for (let row = 0, at = 0; row < rows; row += 1) {
    for (const column of wanted) {
      if (!(column >= 0 && column < columns)) throw new PerigeeError('INFERENCE_FAILED', `The model picks column ${column} of ${columns}.`);
      to[at++] = from[row * columns + column] as number;
    }
  }
  return result;
};

export const ML: Operators = Object.fromEntries(Object.entries({
  Scaler: scaler, Normalizer: normalizer, Imputer: imputer, Binarizer: binarizer, LinearRegressor: linearRegressor, LinearClassifier: linearClassifier,
  OneHotEncoder: oneHotEncoder, LabelEncoder: labelEncoder, FeatureVectorizer: featureVectorizer, ArrayFeatureExtractor: arrayFeatureExtractor,
  TreeEnsembleRegressor: treeRegressor, TreeEnsembleClassifier: treeClassifier,
} satisfies Operators).map(([name, operator]) => [`ai.onnx.ml.${name}`, operator]));
