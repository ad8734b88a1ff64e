import {
  axisOf,
  constant,
  listAt,
  need,
  numberOf,
  product,
  tensor,
  UNKNOWN,
  valuesOf,
} from './value.ts';
import type { Rule, Rules, Shaped, Value } from './value.ts';

/** Smaller numbers cannot come from the number of rows. */
const SMALLEST_SIZED = 2 ** 16;

/** Some numbers of a shape. Only those that came from the number of rows still depend on it. */
function picked(shape: readonly number[], values: readonly number[], from: Shaped): Value {
  const sized = from.sized && values.some((value) => Math.abs(value) >= SMALLEST_SIZED);
  return constant(shape, values, { whole: from.whole, sized });
}

const gather: Rule = (node, [input, list], { cost, couple }) => {
  const [x, indices] = [need(input), need(list)];
  const axis = axisOf(numberOf(node, 'axis', 0), x.shape.length);
  const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)];
  cost(product(shape));
  if (x.values && indices.values && x.shape.length === 1) {
    const { length } = x.values;
    return [
      picked(
        shape,
        indices.values.map((index) => x.values?.[index < 0 ? index + length : index] as number),
        x,
      ),
    ];
  }
  if (typeof x.batch === 'number') {
    if (x.batch === axis) couple();
    if (x.batch === axis || indices.batch !== 'none') return [tensor(shape, 'unknown')];
    return [tensor(shape, x.batch < axis ? x.batch : x.batch - 1 + indices.shape.length)];
  }
  return [tensor(shape, typeof indices.batch === 'number' ? axis + indices.batch : 'none')];
};

const slice: Rule = (node, [input, from, to, on, by], { cost, couple }) => {
  const x = need(input);
  const rank = x.shape.length;
  const starts = listAt(node, 'starts', from) ?? [];
  const ends = listAt(node, 'ends', to) ?? [];
  const axes = (listAt(node, 'axes', on) ?? starts.map((_, axis) => axis)).map((axis) =>
    axisOf(axis, rank),
  );
  const steps = listAt(node, 'steps', by) ?? starts.map(() => 1);
  const ranges = x.shape.map((size, axis) => {
    const at = axes.indexOf(axis);
    return at < 0
      ? { start: 0, step: 1, count: size }
      : range(size, starts[at] as number, ends[at] as number, steps[at] as number);
  });
  const shape = ranges.map(({ count }) => count);
  cost(product(shape));
  const [only] = ranges;
  if (x.values && rank === 1 && only)
    return [
      picked(
        shape,
        Array.from(
          { length: only.count },
          (_, i) => x.values?.[only.start + i * only.step] as number,
        ),
        x,
      ),
    ];
  const { batch } = x;
  const rows = typeof batch === 'number' ? ranges[batch] : undefined;
  if (typeof batch === 'number' && (rows?.step !== 1 || rows.count !== x.shape[batch])) couple();
  return [tensor(shape, batch)];
};

function range(
  size: number,
  start: number,
  end: number,
  step: number,
): { start: number; step: number; count: number } {
  const most = step < 0 ? size - 1 : size;
  const clamp = (at: number, least: number): number =>
    Math.min(Math.max(at < 0 ? at + size : at, least), most);
  // ONNX Runtime reads the largest number as "to the end". Going backward, the end lies before the
  // first.
  const isOpen = step < 0 && (end === 2 ** 31 - 1 || end === 2 ** 63);
  const [first, last] = [clamp(start, 0), isOpen ? -1 : clamp(end, step < 0 ? -1 : 0)];
  return {
    start: first,
    step,
    count: size === 0 ? 0 : Math.max(0, Math.ceil((last - first) / step)),
  };
}

const shapeOf: Rule = (node, [input], { rows }) => {
  const { shape, batch } = need(input);
  const { length } = shape;
  const sizes = shape.slice(numberOf(node, 'start', 0), numberOf(node, 'end', length));
  return [
    constant([sizes.length], sizes, {
      sized: batch !== 'none' && sizes.some((size) => size % rows === 0),
    }),
  ];
};

const sizeOf: Rule = (_node, [input]) => {
  const { shape, batch } = need(input);
  return [constant([], [product(shape)], { sized: batch !== 'none' })];
};

const constantOf: Rule = ({ attributes }) => {
  // Engines differ in which of several values they take.
  if (attributes.size > 1) return [tensor(null)];
  const given = attributes.get('value');
  if (given !== undefined && typeof given === 'object' && 'batch' in given) return [given];
  for (const [kind, whole] of [
    ['int', true],
    ['float', false],
  ] as const) {
    const one = attributes.get(`value_${kind}`);
    if (typeof one === 'number') return [constant([], [one], { whole })];
    const list = attributes.get(`value_${kind}s`);
    if (Array.isArray(list)) return [constant([list.length], list as readonly number[], { whole })];
  }
  return [attributes.has('value_string') ? tensor([]) : tensor(null)];
};

const filled: Rule = (_node, [list], { rows, cost }) => {
  const shape = valuesOf(need(list));
  cost(product(shape));
  const batch = rows > 1 ? shape.findIndex((size) => size > 0 && size % rows === 0) : -1;
  return [tensor(shape, batch < 0 ? 'none' : batch)];
};

const oneHot: Rule = (node, [indices, count], { cost }) => {
  const { shape, batch } = need(indices);
  const axis = axisOf(numberOf(node, 'axis', -1), shape.length + 1);
  const full = shape.toSpliced(axis, 0, valuesOf(need(count))[0] as number);
  cost(product(full));
  return [tensor(full, typeof batch === 'number' && batch >= axis ? batch + 1 : batch)];
};

/** The rule for Range. The length is known if start, limit and delta are known. */
const between: Rule = (_node, [from, to, by]) => {
  const [start, limit, delta] = [from, to, by].map((end) => valuesOf(need(end))[0] as number) as [
    number,
    number,
    number,
  ];
  if (![from, to, by].every((end) => end?.whole))
    throw new RangeError('floats are counted by ONNX Runtime');
  return [tensor([Math.max(0, Math.ceil((limit - start) / delta))])];
};

/** Rule for operators whose results, and their number, depend on the whole input. */
const wholeTensor: Rule = (node, inputs, { couple }) => {
  if (inputs.some((input) => input && input.batch !== 'none')) couple();
  return node.outputs.map(() => UNKNOWN);
};

export const INDEXING: Rules = {
  Gather: gather,
  Slice: slice,
  Shape: shapeOf,
  Size: sizeOf,
  Constant: constantOf,
  ConstantOfShape: filled,
  OneHot: oneHot,
  Range: between,
  NonZero: wholeTensor,
  Unique: wholeTensor,
  Compress: wholeTensor,
};
