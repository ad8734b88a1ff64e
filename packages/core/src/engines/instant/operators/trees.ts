import { PerigeeError } from '../../../error.ts';
import type { Tensor } from '../../../tensor.ts';
import { attribute, unsupported } from '../operator.ts';
import type { Operator } from '../operator.ts';
import type { GraphNode } from '../read-graph.ts';
import { allocate, sizeOf, valuesOf } from '../tensors.ts';
import { labels } from './class-labels.ts';
import { logistic, postTransform } from './post-transform.ts';

const MODES = ['LEAF', 'BRANCH_LEQ', 'BRANCH_LT', 'BRANCH_GTE', 'BRANCH_GT', 'BRANCH_EQ', 'BRANCH_NEQ'];
const [LEAF, LEQ, LT, GTE, GT, EQ] = [0, 1, 2, 3, 4, 5];

interface Vote {
  readonly target: number;
  readonly weight: number;
}

/** All trees in flat arrays: what goes on at each node, and where to next. */
interface Forest {
  readonly roots: readonly number[];
  readonly votes: readonly Vote[];
  /** For every tree, the leaf's votes a row ends at. */
  leaves(x: ArrayLike<number | bigint>, start: number): readonly (readonly Vote[])[];
}

function numbers(node: GraphNode, name: string): readonly number[] {
  return attribute(node, name, [] as readonly number[]);
}

/** @param side `target` for regressors, `class` for classifiers: the prefix of the attributes with the leaves' weights */
function readForest(node: GraphNode, side: 'target' | 'class'): Forest {
  for (const name of node.attributes.keys()) if (name.endsWith('_as_tensor')) throw unsupported(node, `with "${name}"`);
  const [tree, id, feature, threshold] = ['nodes_treeids', 'nodes_nodeids', 'nodes_featureids', 'nodes_values'].map((name) => numbers(node, name)) as [readonly number[], readonly number[], readonly number[], readonly number[]];
  const [yes, no, missing] = ['nodes_truenodeids', 'nodes_falsenodeids', 'nodes_missing_value_tracks_true'].map((name) => numbers(node, name)) as [readonly number[], readonly number[], readonly number[]];
  const modes = attribute(node, 'nodes_modes', [] as readonly string[]).map((mode) => MODES.indexOf(mode));
  const count = id.length;
  if (modes.includes(-1)) throw unsupported(node, 'with a mode of its nodes that is none of ONNX');
  if (modes.length !== count || [tree, feature, threshold, yes, no].some((list) => list.length !== count)) throw damaged(node, 'lists of different lengths');

  const at = new Map(id.map((own, i) => [`${tree[i]} ${own}`, i]));
  const jump = (i: number, to: readonly number[]): number => {
    const next = at.get(`${tree[i]} ${to[i]}`);
    if (next === undefined) throw damaged(node, `a branch to node ${to[i]} of tree ${tree[i]}, which is not there`);
    return next;
  };
  const onYes = modes.map((mode, i) => (mode === LEAF ? -1 : jump(i, yes)));
  const onNo = modes.map((mode, i) => (mode === LEAF ? -1 : jump(i, no)));
  const pointedAt = new Set([...onYes, ...onNo]);
  const seen = new Set<string>();
  // The first node of a tree is its root.
  const roots = id.map((_, i) => i).filter((i) => !seen.has(String(tree[i])) && seen.add(String(tree[i])));
  // Every node has one way to it, and none leads to a root: so every walk ends.
  if (roots.some((root) => pointedAt.has(root)) || pointedAt.size - (pointedAt.has(-1) ? 1 : 0) !== onYes.filter((next) => next >= 0).length * 2) throw damaged(node, 'a tree that is none');

  const votesAt = new Map<number, Vote[]>();
  const [voteTree, voteNode, voteTarget, voteWeight] = ['treeids', 'nodeids', 'ids', 'weights'].map((name) => numbers(node, `${side}_${name}`)) as [readonly number[], readonly number[], readonly number[], readonly number[]];
  const votes = voteTarget.map((target, i) => ({ target, weight: voteWeight[i] ?? 0 }));
  for (const [i, vote] of votes.entries()) {
    const leaf = at.get(`${voteTree[i]} ${voteNode[i]}`);
    if (leaf === undefined || !(vote.target >= 0 && vote.target < 65_536)) throw damaged(node, 'a weight of a leaf that is not there');
    votesAt.set(leaf, [...(votesAt.get(leaf) ?? []), vote]);
  }
  const votesOf = modes.map((_, i) => votesAt.get(i) ?? []);

  return {
    roots,
    votes,
    leaves: (x, start) => roots.map((root) => {
      let i = root;
      for (let mode = modes[i]; mode !== LEAF; mode = modes[i]) {
        const value = Number(x[start + (feature[i] as number)]);
        const limit = threshold[i] as number;
        const isYes = mode === LEQ ? value <= limit : mode === LT ? value < limit : mode === GTE ? value >= limit : mode === GT ? value > limit : mode === EQ ? value === limit : value !== limit;
        i = (isYes || (value !== value && missing[i] === 1) ? onYes[i] : onNo[i]) as number;
      }
      return votesOf[i] as readonly Vote[];
    }),
  };
}

function damaged(node: GraphNode, what: string): PerigeeError {
  return new PerigeeError('WRONG_CONTENT', `The file is not a valid ONNX model: ${node.op} has ${what}.`);
}

function eachRow<T>(x: Tensor, work: (start: number) => T): T[] {
  const [rows, columns] = x.shape.length === 1 ? [1, x.shape[0] ?? 0] : [x.shape[0] ?? 0, sizeOf(x.shape.slice(1))];
  return Array.from({ length: rows }, (_, row) => work(row * columns));
}

export const treeRegressor: Operator = (node) => {
  const forest = readForest(node, 'target');
  const targets = attribute(node, 'n_targets', 1);
  const base = numbers(node, 'base_values');
  const aggregate = attribute(node, 'aggregate_function', 'SUM');
  const transform = postTransform(node);
  return ([data]) => {
    const x = data as Tensor;
    const rows = eachRow(x, (start) => {
      const sums: (number | undefined)[] = Array.from({ length: targets }, () => undefined);
      for (const votes of forest.leaves(x.data as Float32Array, start)) {
        for (const { target, weight } of votes) {
          const known = sums[target];
          sums[target] = known === undefined ? weight : aggregate === 'MIN' ? Math.min(known, weight) : aggregate === 'MAX' ? Math.max(known, weight) : known + weight;
        }
      }
      return transform(sums.map((sum = 0, target) => (aggregate === 'AVERAGE' ? sum / forest.roots.length : sum) + (base[target] ?? 0)));
    });
    const result = allocate('float32', [rows.length, targets]);
    rows.flat().forEach((value, i) => (valuesOf(result)[i] = value));
    return result;
  };
};

export const treeClassifier: Operator = (node) => {
  const forest = readForest(node, 'class');
  const [strings, ints] = [attribute(node, 'classlabels_strings', [] as readonly string[]), numbers(node, 'classlabels_int64s')];
  const count = Math.max(strings.length, ints.length);
  const base = numbers(node, 'base_values');
  const transform = postTransform(node);
  const targets = new Set(forest.votes.map(({ target }) => target));
  // Two classes with weights for one of them: the other's score follows from it.
  const isBinary = count === 2 && targets.size === 1;
  if (count === 2 && !isBinary && strings.length === 0 && ints.join() !== '0,1') throw unsupported(node, `with the two classes ${ints.join(' and ')}`);
  if (count === 2 && base.length > 0) throw unsupported(node, 'with two classes and base values');
  const allPositive = forest.votes.every(({ weight }) => weight >= 0);
  const isLogistic = attribute(node, 'post_transform', 'NONE') === 'LOGISTIC';

  return ([data]) => {
    const x = data as Tensor;
    const picked: number[] = [];
    const rows = eachRow(x, (start) => {
      const sums = Array.from({ length: count }, (_, label) => base[label] ?? 0);
      for (const votes of forest.leaves(x.data as Float32Array, start)) for (const { target, weight } of votes) sums[target] = (sums[target] ?? 0) + weight;
      if (!isBinary) {
        // Of two classes ONNX Runtime takes the second whenever it has a positive score.
        if (count === 2) picked.push((sums[1] as number) > 0 ? 1 : 0);
        else picked.push(sums.reduce((best, value, i) => (value > (sums[best] as number) ? i : best), 0));
        return transform(sums);
      }
      const score = sums[[...targets][0] as number] as number;
      picked.push(score > (allPositive ? 0.5 : 0) ? 1 : 0);
      if (allPositive) return [1 - score, score];
      return isLogistic ? [logistic(-score), logistic(score)] : [-score, score];
    });
    const scores = allocate('float32', [rows.length, count]);
    rows.flat().forEach((value, i) => (valuesOf(scores)[i] = value));
    return [labels(picked, strings, ints), scores];
  };
};
