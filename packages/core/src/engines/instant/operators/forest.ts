import { PerigeeError } from '../../../error.ts';
import { attribute, unsupported } from '../operator.ts';
import type { GraphNode } from '../read-graph.ts';

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

/** The nodes of all trees, as the attributes of the operator list them. */
interface TreeNodes {
  readonly tree: readonly number[];
  readonly id: readonly number[];
  readonly feature: readonly number[];
  readonly threshold: readonly number[];
  /** Ids of the next nodes, within the same tree. */
  readonly yes: readonly number[];
  readonly no: readonly number[];
  /** 1 where a missing value takes the branch `yes`. */
  readonly missing: readonly number[];
  /** Indexes in MODES. */
  readonly modes: readonly number[];
}

/** The branches between nodes. Nodes are given by their index in TreeNodes; leaves have -1. */
interface Branches {
  /** `<tree> <id>` → index */
  readonly at: ReadonlyMap<string, number>;
  readonly roots: readonly number[];
  readonly onYes: readonly number[];
  readonly onNo: readonly number[];
}

/**
 * Reads the trees of an ensemble.
 * @param side the prefix of the attributes with the leaves' weights: `target` for regressors,
 *   `class` for classifiers
 * @throws PerigeeError UNSUPPORTED_OPERATOR, WRONG_CONTENT
 */
export function readForest(node: GraphNode, side: 'target' | 'class'): Forest {
  const nodes = readNodes(node);
  const branches = readBranches(node, nodes);
  const votes = readVotes(node, side, branches);
  const votesOf: readonly Vote[][] = nodes.id.map(() => []);
  for (const { leaf, vote } of votes) votesOf[leaf]?.push(vote);
  return {
    roots: branches.roots,
    votes: votes.map(({ vote }) => vote),
    always: alwaysVotedFor(nodes, votesOf),
    leaves: (x, start) =>
      branches.roots.map((root) => votesOf[leafOf(nodes, branches, root, x, start)] ?? []),
  };
}

export function numbers(node: GraphNode, name: string): readonly number[] {
  return attribute(node, name, [] as readonly number[]);
}

function readNodes(node: GraphNode): TreeNodes {
  for (const name of node.attributes.keys())
    if (name.endsWith('_as_tensor')) throw unsupported(node, `with "${name}"`);
  const nodes: TreeNodes = {
    tree: numbers(node, 'nodes_treeids'),
    id: numbers(node, 'nodes_nodeids'),
    feature: numbers(node, 'nodes_featureids'),
    threshold: numbers(node, 'nodes_values'),
    yes: numbers(node, 'nodes_truenodeids'),
    no: numbers(node, 'nodes_falsenodeids'),
    missing: numbers(node, 'nodes_missing_value_tracks_true'),
    modes: attribute(node, 'nodes_modes', [] as readonly string[]).map((mode) =>
      MODES.indexOf(mode),
    ),
  };
  const { tree, id, feature, threshold, yes, no, modes } = nodes;
  if (modes.includes(-1)) throw unsupported(node, 'with a node mode that ONNX does not define');
  if ([tree, feature, threshold, yes, no, modes].some((list) => list.length !== id.length))
    throw damaged(node, 'lists of different lengths');
  return nodes;
}

function readBranches(node: GraphNode, { tree, id, yes, no, modes }: TreeNodes): Branches {
  const at = new Map(id.map((own, i) => [`${tree[i]} ${own}`, i]));
  const jump = (i: number, to: readonly number[]): number => {
    const next = at.get(`${tree[i]} ${to[i]}`);
    if (next === undefined)
      throw damaged(node, `a branch to node ${to[i]} of tree ${tree[i]}, which is not there`);
    return next;
  };
  const onYes = modes.map((mode, i) => (mode === LEAF ? -1 : jump(i, yes)));
  const onNo = modes.map((mode, i) => (mode === LEAF ? -1 : jump(i, no)));
  // The first node of a tree is its root.
  const seen = new Set<number>();
  const roots: number[] = [];
  for (const [i, own] of tree.entries()) {
    if (!seen.has(own)) roots.push(i);
    seen.add(own);
  }
  // Each node must have one branch to it, and roots none. Then every walk ends at a leaf.
  const pointedAt = new Set([...onYes, ...onNo].filter((next) => next >= 0));
  const branchNodes = onYes.filter((next) => next >= 0).length;
  if (roots.some((root) => pointedAt.has(root)) || pointedAt.size !== branchNodes * 2)
    throw damaged(node, 'nodes that form no tree');
  return { at, roots, onYes, onNo };
}

/** Reads the votes of leaves. A leaf is given by its index in TreeNodes. */
function readVotes(
  node: GraphNode,
  side: 'target' | 'class',
  { at }: Branches,
): readonly { readonly leaf: number; readonly vote: Vote }[] {
  const tree = numbers(node, `${side}_treeids`);
  const id = numbers(node, `${side}_nodeids`);
  const weights = numbers(node, `${side}_weights`);
  return numbers(node, `${side}_ids`).map((target, i) => {
    const leaf = at.get(`${tree[i]} ${id[i]}`);
    if (leaf === undefined || !(target >= 0 && target < 65_536))
      throw damaged(node, 'a weight of a leaf that is not there');
    return { leaf, vote: { target, weight: weights[i] ?? 0 } };
  });
}

/** The targets that all leaves of some tree vote for. */
function alwaysVotedFor(
  { tree, modes }: TreeNodes,
  votesOf: readonly (readonly Vote[])[],
): ReadonlySet<number> {
  const leaves = new Map<number, number>();
  // For each tree, the number of leaves that vote for each target.
  const voting = new Map<number, Map<number, number>>();
  for (const [i, own] of tree.entries()) {
    if (modes[i] !== LEAF) continue;
    leaves.set(own, (leaves.get(own) ?? 0) + 1);
    const counts = voting.get(own) ?? new Map<number, number>();
    voting.set(own, counts);
    for (const target of new Set(votesOf[i]?.map((vote) => vote.target)))
      counts.set(target, (counts.get(target) ?? 0) + 1);
  }
  const always = new Set<number>();
  for (const [own, counts] of voting)
    for (const [target, count] of counts) if (count === leaves.get(own)) always.add(target);
  return always;
}

/** The index of the leaf that a row ends at. */
function leafOf(
  { feature, threshold, missing, modes }: TreeNodes,
  { onYes, onNo }: Branches,
  root: number,
  x: ArrayLike<number | bigint>,
  start: number,
): number {
  let i = root;
  for (let mode = modes[i]; mode !== LEAF; mode = modes[i]) {
    const value = Number(x[start + (feature[i] as number)]);
    const isYes = isTrue(mode, value, threshold[i] as number);
    // NaN is a missing value.
    i = (isYes || (value !== value && missing[i] === 1) ? onYes[i] : onNo[i]) as number;
  }
  return i;
}

function isTrue(mode: number | undefined, value: number, limit: number): boolean {
  if (mode === LEQ) return value <= limit;
  if (mode === LT) return value < limit;
  if (mode === GTE) return value >= limit;
  if (mode === GT) return value > limit;
  return mode === EQ ? value === limit : value !== limit;
}

function damaged(node: GraphNode, what: string): PerigeeError {
  return new PerigeeError(
    'WRONG_CONTENT',
    `The file is not a valid ONNX model: ${node.op} has ${what}.`,
  );
}
