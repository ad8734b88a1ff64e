import type { Tensor } from '../../../tensor.ts';
import { attribute, unsupported } from '../operator.ts';
import type { Operator } from '../operator.ts';
import { allocate, sizeOf, valuesOf } from '../tensors.ts';
import { numbers, readForest } from './forest.ts';
import { postTransform } from './post-transform.ts';

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
