import { broadcast, commonBatch } from './elementwise.ts';
import { need, numberOf, product, tensor } from './value.ts';
import type { BatchAxis, Notes, Rule, Rules, Shaped, Value } from './value.ts';

/** Rules for matrix products. Rows of the batch may lie along any axis except the summed one. */
function matmul(a: Shaped, b: Shaped, { cost, couple }: Notes): Value {
  const left = a.shape.length === 1 ? [1, ...a.shape] : a.shape;
  const right = b.shape.length === 1 ? [...b.shape, 1] : b.shape;
  const inner = left.at(-1) ?? NaN;
  if (inner !== right.at(-2)) throw new RangeError('matrices do not fit');
  const full = [
    ...broadcast([left.slice(0, -2), right.slice(0, -2)]),
    left.at(-2) as number,
    right.at(-1) as number,
  ];
  cost(product(full) * inner);
  // The batch axes, counted from the end, after a vector became a matrix.
  const leftEnd = typeof a.batch === 'number' ? a.shape.length - a.batch : null;
  const rightEnd =
    typeof b.batch === 'number' ? (b.shape.length === 1 ? 2 : b.shape.length - b.batch) : null;
  const isSplit = leftEnd !== null && rightEnd !== null && (leftEnd !== rightEnd || leftEnd < 3);
  let batch: BatchAxis = 'none';
  if (leftEnd === 1 || rightEnd === 2 || isSplit) couple();
  else if (leftEnd !== null || rightEnd !== null) batch = full.length - (leftEnd ?? rightEnd ?? 0);
  const dropped = [
    a.shape.length === 1 ? full.length - 2 : -1,
    b.shape.length === 1 ? full.length - 1 : -1,
  ];
  const at = batch;
  const moved =
    typeof at === 'number' ? at - dropped.filter((axis) => axis >= 0 && axis < at).length : at;
  return tensor(
    full.filter((_, axis) => !dropped.includes(axis)),
    moved,
  );
}

const gemm: Rule = (node, [first, second, bias], notes) => {
  const [a, b] = [need(first), need(second)];
  const turned = (value: Shaped, name: string): Shaped => {
    if (value.shape.length !== 2) throw new RangeError('Gemm takes matrices');
    if (numberOf(node, name, 0) === 0) return value;
    return {
      ...value,
      shape: value.shape.toReversed(),
      batch: typeof value.batch === 'number' ? 1 - value.batch : value.batch,
    };
  };
  const result = matmul(turned(a, 'transA'), turned(b, 'transB'), notes) as Shaped;
  return [bias ? tensor(result.shape, commonBatch([result, bias], 2)) : result];
};

export const DENSE: Rules = {
  MatMul: (_node, [a, b], notes) => [matmul(need(a), need(b), notes)],
  MatMulInteger: (_node, [a, b], notes) => [matmul(need(a), need(b), notes)],
  QLinearMatMul: (_node, [a, , , b], notes) => [matmul(need(a), need(b), notes)],
  Gemm: gemm,
};
