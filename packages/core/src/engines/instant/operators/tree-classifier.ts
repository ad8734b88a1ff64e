import type { Tensor } from '../../../tensor.ts';
import { attribute, unsupported, wholeOf } from '../operator.ts';
import type { Operator } from '../operator.ts';
import { allocate, valuesOf } from '../tensors.ts';
import { labels } from './class-labels.ts';
import { numbers, readForest } from './forest.ts';
import { logistic, postTransform } from './post-transform.ts';
import { add, eachRow } from './trees.ts';

/** The index of the picked class, and the scores of all classes. */
type Verdict = readonly [picked: number, scores: readonly number[]];

/** Picks a class by the sums of the classes' votes. A sum is undefined if no leaf voted for it. */
type Judge = (sums: readonly (number | undefined)[]) => Verdict;

export const treeClassifier: Operator = (node) => {
  const forest = readForest(node, 'class');
  const [strings, ints] = [
    attribute(node, 'classlabels_strings', [] as readonly string[]),
    wholeOf(node, 'classlabels_int64s'),
  ];
  const count = Math.max(strings.length, ints.length);
  const base = numbers(node, 'base_values');
  const transform = postTransform(node);
  if (count < 2) throw unsupported(node, 'with fewer than two classes');
  if (forest.votes.some(({ target }) => target >= count))
    throw unsupported(node, `with votes for more than its ${count} classes`);
  if (count === 2 && base.length > 0) throw unsupported(node, 'with two classes and base values');
  const voted = new Set(forest.votes.map(({ target }) => target));
  const isBinary = count === 2 && voted.size === 1;
  if (count === 2 && !isBinary && strings.length === 0 && ints.join() !== '0,1')
    throw unsupported(node, `with the two classes ${ints.join(' and ')}`);
  if (count > 2 && base.length === 0 && forest.always.size === 0)
    throw unsupported(node, 'with rows that no leaf votes on');
  if (count === 2 && !isBinary && !forest.always.has(1))
    throw unsupported(node, 'with rows that no leaf gives the second of two classes');
  const isLogistic = attribute(node, 'post_transform', 'NONE') === 'LOGISTIC';
  const allPositive = forest.votes.every(({ weight }) => weight >= 0);
  const limit = isBinary && allPositive ? 0.5 : 0;

  const ofMany: Judge = (sums) => {
    const best = sums.reduce(
      (at: number, sum, i) =>
        sum !== undefined && (at < 0 || sum > (sums[at] as number)) ? i : at,
      -1,
    );
    return [best, transform(sums.map((sum = 0) => sum))];
  };
  // With a vote for the second class, each class has its score. Without, both scores come from the
  // first class.
  const ofTwo: Judge = ([first = 0, second]) => {
    if (second !== undefined) return [second > limit ? 1 : 0, transform([first, second])];
    const picked = first > limit ? 1 : 0;
    if (isLogistic) return [picked, [logistic(-first), logistic(first)]];
    return [picked, allPositive ? [1 - first, first] : [-first, first]];
  };
  const judge = count === 2 ? ofTwo : ofMany;

  return ([data]) => {
    const x = data as Tensor;
    const verdicts = eachRow(x, (start) => {
      const sums: (number | undefined)[] = Array.from({ length: count }, () => undefined);
      for (const votes of forest.leaves(x.data as Float32Array, start))
        for (const { target, weight } of votes) sums[target] = add(sums[target] ?? 0, weight);
      return judge(base.length > 0 ? sums.map((sum, i) => add(sum ?? 0, base[i] ?? 0)) : sums);
    });
    const scores = allocate('float32', [verdicts.length, count]);
    verdicts.flatMap(([, row]) => row).forEach((value, i) => (valuesOf(scores)[i] = value));
    return [
      labels(
        verdicts.map(([picked]) => picked),
        strings,
        ints,
      ),
      scores,
    ];
  };
};
