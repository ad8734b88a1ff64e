import { listOf, need, product, tensor } from './value.ts';
import type { Notes, Rule, Rules, ShapeNode, Shaped, Value } from './value.ts';

/** Number of rows, and their batch axis. A vector is one row of features. */
function rowsOf(x: Shaped, { couple }: Notes): { rows: number; batch: Value['batch'] } {
  if (typeof x.batch === 'number' && (x.batch > 0 || x.shape.length < 2)) couple();
  return {
    rows: x.shape.length > 1 ? (x.shape[0] as number) : 1,
    batch: x.batch === 0 && x.shape.length > 1 ? 0 : x.batch === 'none' ? 'none' : 'unknown',
  };
}

/** Steps of one row through all trees. The depth of a tree is taken from a balanced tree. */
function descents(node: ShapeNode): number {
  const trees = new Set(listOf(node, 'nodes_treeids')).size;
  const nodes = listOf(node, 'nodes_treeids')?.length ?? 0;
  return trees * Math.ceil(Math.log2(nodes / Math.max(1, trees) + 1));
}

/** Number of labels, in the first of these attributes that has any. */
function count({ attributes }: ShapeNode, names: readonly string[]): number {
  for (const name of names) {
    const labels = attributes.get(name);
    if (Array.isArray(labels) && labels.length > 0) return labels.length;
  }
  return NaN;
}

const LABELS = ['classlabels_int64s', 'classlabels_ints', 'classlabels_strings'];

/** Results of a classifier: a label per row, and a score per row and class. */
const classifier =
  (steps: (node: ShapeNode, x: Shaped) => number): Rule =>
  (node, [input], notes) => {
    const x = need(input);
    const { rows, batch } = rowsOf(x, notes);
    notes.cost(rows * steps(node, x));
    return [tensor([rows], batch), tensor([rows, count(node, LABELS)], batch)];
  };

const regressor =
  (steps: (node: ShapeNode, x: Shaped) => number): Rule =>
  (node, [input], notes) => {
    const x = need(input);
    const { rows, batch } = rowsOf(x, notes);
    const targets = node.attributes.get('n_targets') ?? node.attributes.get('targets') ?? 1;
    notes.cost(rows * steps(node, x));
    return [tensor([rows, typeof targets === 'number' ? targets : 1], batch)];
  };

const coefficients = (node: ShapeNode): number => listOf(node, 'coefficients')?.length ?? 0;

const eachRow: Rule = (_node, [input], notes) => {
  const x = need(input);
  const { batch } = rowsOf(x, notes);
  notes.cost(product(x.shape));
  return [tensor(x.shape, batch)];
};

const eachElement: Rule = (_node, [input], notes) => {
  const x = need(input);
  notes.cost(product(x.shape));
  return [tensor(x.shape, x.batch)];
};

const oneHot: Rule = (node, [input], notes) => {
  const x = need(input);
  const categories = count(node, ['cats_int64s', 'cats_strings']);
  notes.cost(product(x.shape) * categories);
  return [tensor([...x.shape, categories], x.batch)];
};

const vectorizer: Rule = (_node, given, notes) => {
  const inputs = given.filter((input) => input !== undefined);
  const parts = inputs.map((input) => rowsOf(input, notes));
  const width = inputs.reduce((sum, { shape }) => sum + product(shape.slice(1)), 0);
  const same = new Set(parts.map(({ batch }) => batch));
  const rows = parts[0]?.rows ?? 1;
  notes.cost(rows * width);
  return [tensor([rows, width], same.size === 1 ? (parts[0]?.batch ?? 'none') : 'unknown')];
};

/** The rule for ArrayFeatureExtractor, which picks elements along the last axis. */
const extractor: Rule = (_node, [input, list], { couple }) => {
  const [x, indices] = [need(input), need(list)];
  if (x.batch === x.shape.length - 1 || indices.batch !== 'none') couple();
  const shape =
    x.shape.length === 1
      ? [1, product(indices.shape)]
      : [...x.shape.slice(0, -1), product(indices.shape)];
  return [tensor(shape, x.shape.length === 1 && x.batch !== 'none' ? 'unknown' : x.batch)];
};

export const ML: Rules = Object.fromEntries(
  Object.entries({
    TreeEnsembleClassifier: classifier(descents),
    TreeEnsembleRegressor: regressor(descents),
    LinearClassifier: classifier(coefficients),
    LinearRegressor: regressor(coefficients),
    Scaler: eachElement,
    Imputer: eachElement,
    Binarizer: eachElement,
    LabelEncoder: eachElement,
    Normalizer: eachRow,
    OneHotEncoder: oneHot,
    FeatureVectorizer: vectorizer,
    ArrayFeatureExtractor: extractor,
  }).map(([name, rule]) => [`ai.onnx.ml.${name}`, rule]),
);
