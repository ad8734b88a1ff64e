import { PerigeeError } from '../../../error.ts';
import type { Tensor } from '../../../tensor.ts';
import { attribute, unsupported } from '../operator.ts';
import type { Operator } from '../operator.ts';
import type { GraphNode } from '../read-graph.ts';
import { allocate, sizeOf, valuesOf } from '../tensors.ts';
import { postTransform } from './post-transform.ts';

const MODES = [
  'LEAF',
  'BRANCH_LEQ',
  'BRANCH_LT',
  'BRANCH_GTE',
  'BRANCH_GT',
  'BRANCH_EQ',
  'BRANCH_NEQ',
];
const [LEAF, LEQ, LT, GTE, GT, EQ] = [0, 1, 2, 3, 4, 5];

interface Vote {
  readonly target: number;
  readonly weight: number;
}

/** All trees of an ensemble. */
interface Forest {
  readonly roots: readonly number[];
  readonly votes: readonly Vote[];
  /** Targets that each row gets a vote for, because all leaves of some tree have one. */
  readonly always: ReadonlySet<number>;
  /** For each tree, the votes of the leaf that a row ends at. The row begins at `start` in `x`. */
  leaves(x: ArrayLike<number | bigint>, start: number): readonly (readonly Vote[])[];
}

export function numbers(node: GraphNode, name: string): readonly number[] {
  return attribute(node, name, [] as readonly number[]);
}

/**
 * Reads the trees of an ensemble.
 * @param side the prefix of the attributes with the leaves' weights: `target` for regressors,
 *   `class` for classifiers
 */
export function readForest(node: GraphNode, side: 'target' | 'class'): Forest {
  for (const name of node.attributes.keys())
    if (name.endsWith('_as_tensor')) throw unsupported(node, `with "${name}"`);
  const [tree, id, feature, threshold] = [
    'nodes_treeids',
    'nodes_nodeids',
    'nodes_featureids',
    'nodes_values',
  ].map((name) => numbers(node, name)) as [
    readonly number[],
    readonly number[],
    readonly number[],
    readonly number[],
  ];
  const [yes, no, missing] = [
    'nodes_truenodeids',
    'nodes_falsenodeids',
    'nodes_missing_value_tracks_true',
  ].map((name) => numbers(node, name)) as [readonly number[], readonly number[], readonly number[]];
  const modes = attribute(node, 'nodes_modes', [] as readonly string[]).map((mode) =>
    MODES.indexOf(mode),
  );
  const count = id.length;
  if (modes.includes(-1)) throw unsupported(node, 'with a mode of its nodes that is none of ONNX');
  if (
    modes.length !== count ||
    [tree, feature, threshold, yes, no].some((list) => list.length !== count)
  )
    throw damaged(node, 'lists of different lengths');

  const at = new Map(id.map((own, i) => [`${tree[i]} ${own}`, i]));
  const jump = (i: number, to: readonly number[]): number => {
    const next = at.get(`${tree[i]} ${to[i]}`);
    if (next === undefined)
      throw damaged(node, `a branch to node ${to[i]} of tree ${tree[i]}, which is not there`);
    return next;
  };
  const onYes = modes.map((mode, i) => (mode === LEAF ? -1 : jump(i, yes)));
  const onNo = modes.map((mode, i) => (mode === LEAF ? -1 : jump(i, no)));
  const pointedAt = new Set([...onYes, ...onNo]);
  const seen = new Set<string>();
  // The first node of a tree is its root.
  const roots = id
    .map((_, i) => i)
    .filter((i) => !seen.has(String(tree[i])) && seen.add(String(tree[i])));
  // Each node must have one branch to it, and roots none. Then every walk ends at a leaf.
  if (
    roots.some((root) => pointedAt.has(root)) ||
    pointedAt.size - (pointedAt.has(-1) ? 1 : 0) !== onYes.filter((next) => next >= 0).length * 2
  )
    throw damaged(node, 'a tree that is none');

  const votesAt = new Map<number, Vote[]>();
  const [voteTree, voteNode, voteTarget, voteWeight] = ['treeids', 'nodeids', 'ids', 'weights'].map(
    (name) => numbers(node, `${side}_${name}`),
  ) as [readonly number[], readonly number[], readonly number[], readonly number[]];
  const votes = voteTarget.map((target, i) => ({ target, weight: voteWeight[i] ?? 0 }));
  for (const [i, vote] of votes.entries()) {
    const leaf = at.get(`${voteTree[i]} ${voteNode[i]}`);
    if (leaf === undefined || !(vote.target >= 0 && vote.target < 65_536))
      throw damaged(node, 'a weight of a leaf that is not there');
    votesAt.set(leaf, [...(votesAt.get(leaf) ?? []), vote]);
  }
  const votesOf = modes.map((_, i) => votesAt.get(i) ?? []);

  const always = new Set(
    [...new Set(votes.map(({ target }) => target))].filter((target) => {
      const without = new Set(
        modes.flatMap((mode, i) =>
          mode === LEAF && !votesOf[i]?.some((vote) => vote.target === target) ? [tree[i]] : [],
        ),
      );
      return roots.some((root) => !without.has(tree[root]));
    }),
  );

  return {
    roots,
    votes,
    always,
    leaves: (x, start) =>
      roots.map((root) => {
        let i = root;
        for (let mode = modes[i]; mode !== LEAF; mode = modes[i]) {
          const value = Number(x[start + (feature[i] as number)]);
          const limit = threshold[i] as number;
          const isYes =
            mode === LEQ
              ? value <= limit
              : mode === LT
                ? value < limit
                : mode === GTE
                  ? value >= limit
                  : mode === GT
                    ? value > limit
                    : mode === EQ
                      ? value === limit
                      : value !== limit;
          i = (isYes || (value !== value && missing[i] === 1) ? onYes[i] : onNo[i]) as number;
        }
        return votesOf[i] as readonly Vote[];
      }),
  };
}

function damaged(node: GraphNode, what: string): PerigeeError {
  return new PerigeeError(
    'WRONG_CONTENT',
    `The file is not a valid ONNX model: ${node.op} has ${what}.`,
  );
}

export function eachRow<T>(x: Tensor, work: (start: number) => T): T[] {
  const [rows, columns] =
    x.shape.length === 1 ? [1, x.shape[0] ?? 0] : [x.shape[0] ?? 0, sizeOf(x.shape.slice(1))];
  return Array.from({ length: rows }, (_, row) => work(row * columns));
}

/** Adds a leaf's weight to a sum as ONNX Runtime does: in float32, tree by tree. */
export const add = (sum: number, weight: number): number => Math.fround(sum + weight);

export const treeRegressor: Operator = (node) => {
  const forest = readForest(node, 'target');
  const targets = attribute(node, 'n_targets', 1);
  const base = numbers(node, 'base_values');
  const aggregate = attribute(node, 'aggregate_function', 'SUM');
  // ONNX Runtime does not transform a single target.
  const given = postTransform(node);
  const transform = targets === 1 ? (scores: readonly number[]) => scores : given;
  if (targets > 1 && base.length > 0 && forest.always.size < targets)
    throw unsupported(node, 'with base values and rows that no leaf votes on');
  const combined = (known: number, weight: number): number =>
    aggregate === 'MIN'
      ? Math.min(known, weight)
      : aggregate === 'MAX'
        ? Math.max(known, weight)
        : add(known, weight);
  return ([data]) => {
    const x = data as Tensor;
    const rows = eachRow(x, (start) => {
      const sums: (number | undefined)[] = Array.from({ length: targets }, () => undefined);
      for (const votes of forest.leaves(x.data as Float32Array, start)) {
        for (const { target, weight } of votes) {
          const known = sums[target];
          sums[target] = known === undefined ? weight : combined(known, weight);
        }
      }
      return transform(
        sums.map(
          (sum = 0, target) =>
            (aggregate === 'AVERAGE' ? sum / forest.roots.length : sum) + (base[target] ?? 0),
        ),
      );
    });
    const result = allocate('float32', [rows.length, targets]);
    rows.flat().forEach((value, i) => (valuesOf(result)[i] = value));
    return result;
  };
};
