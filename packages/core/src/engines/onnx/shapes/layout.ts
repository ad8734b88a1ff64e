import { broadcast } from './elementwise.ts';
import {
  axisOf,
  constant,
  listAt,
  listOf,
  MOST_DIMENSIONS,
  MOST_VALUES,
  need,
  numberOf,
  product,
  tensor,
  textOf,
  valuesOf,
} from './value.ts';
import type { BatchAxis, Notes, Rule, Rules, Shaped, Value } from './value.ts';

/** The same values in another shape. Rows stay rows if the size of the axes before them is kept. */
export function reshaped(x: Shaped, shape: readonly number[], { rows, couple }: Notes): Value {
  if (shape.length > MOST_DIMENSIONS) throw new RangeError('too many dimensions');
  if (product(shape) !== product(x.shape)) {
    // The model contains a fixed number of rows.
    if (x.batch !== 'none') couple();
    throw new RangeError('another number of values');
  }
  if (x.values) return { ...x, shape };
  if (typeof x.batch !== 'number') return tensor(shape, x.batch);
  const before = product(x.shape.slice(0, x.batch));
  const batch = shape.findIndex(
    (size, axis) => product(shape.slice(0, axis)) === before && size % rows === 0,
  );
  if (batch < 0) couple();
  return tensor(shape, batch < 0 ? 'unknown' : batch);
}

const reshape: Rule = (node, [input, list], notes) => {
  const x = need(input);
  const wanted = listAt(node, 'shape', list) ?? [];
  const copies = numberOf(node, 'allowzero', 0) === 0;
  const sizes = wanted.map((size, axis) =>
    size === 0 && copies ? (x.shape[axis] as number) : size,
  );
  const rest = product(sizes.filter((size) => size !== -1));
  return [
    reshaped(
      x,
      sizes.map((size) => (size === -1 ? Math.floor(product(x.shape) / rest) : size)),
      notes,
    ),
  ];
};

const flatten: Rule = (node, [input], notes) => {
  const x = need(input);
  const axis = axisOf(numberOf(node, 'axis', 1), x.shape.length);
  return [reshaped(x, [product(x.shape.slice(0, axis)), product(x.shape.slice(axis))], notes)];
};

const squeeze: Rule = (node, [input, list], notes) => {
  const x = need(input);
  const given = listAt(node, 'axes', list)?.map((axis) => axisOf(axis, x.shape.length));
  const axes = given && given.length > 0 ? given : undefined;
  // Without axes, Squeeze removes the batch axis of a single row, but not of several.
  if (typeof x.batch === 'number' && (!axes || axes.includes(x.batch))) notes.couple();
  return [
    reshaped(
      x,
      x.shape.filter((size, axis) => (axes ? !axes.includes(axis) : size !== 1)),
      notes,
    ),
  ];
};

const unsqueeze: Rule = (node, [input, list], notes) => {
  const x = need(input);
  const given = listAt(node, 'axes', list) ?? [];
  const rank = x.shape.length + given.length;
  const axes = new Set(given.map((axis) => axisOf(axis, rank)));
  const rest = [...x.shape];
  return [
    reshaped(
      x,
      Array.from({ length: rank }, (_, axis) => (axes.has(axis) ? 1 : (rest.shift() as number))),
      notes,
    ),
  ];
};

const transpose: Rule = (node, [input], { cost }) => {
  const x = need(input);
  const order = listOf(node, 'perm') ?? x.shape.map((_, axis) => axis).reverse();
  cost(product(x.shape));
  return [
    tensor(
      order.map((axis) => x.shape[axis] as number),
      typeof x.batch === 'number' ? order.indexOf(x.batch) : x.batch,
    ),
  ];
};

const concat: Rule = (node, given, { cost, couple }) => {
  const inputs = given.filter((input) => input !== undefined);
  const [first] = inputs as [Shaped];
  const axis = axisOf(numberOf(node, 'axis', 1), first.shape.length);
  const shape = first.shape.with(
    axis,
    inputs.reduce((sum, input) => sum + (input.shape[axis] as number), 0),
  );
  cost(product(shape));
  const isList = first.shape.length === 1 && product(shape) <= MOST_VALUES;
  if (isList && inputs.every(({ values }) => values))
    return [
      constant(shape, inputs.flatMap(valuesOf), {
        whole: inputs.every(({ whole }) => whole),
        sized: inputs.some(({ sized }) => sized),
      }),
    ];
  const batches = new Set(inputs.map(({ batch }) => batch));
  const [batch] = batches;
  if (batches.has(axis)) couple();
  // A constant beside rows has values for a fixed number of rows.
  return [
    tensor(shape, batches.size === 1 && !batches.has(axis) ? (batch as BatchAxis) : 'unknown'),
  ];
};

const split: Rule = (node, [input, list], { cost, couple }) => {
  const x = need(input);
  const axis = axisOf(numberOf(node, 'axis', 0), x.shape.length);
  const size = x.shape[axis] as number;
  const count = numberOf(node, 'num_outputs', node.outputs.length);
  if (count !== node.outputs.length) throw new RangeError('another number of outputs');
  const part = Math.ceil(size / count);
  const sizes =
    listAt(node, 'split', list) ?? node.outputs.map((_, i) => Math.min(part, size - i * part));
  cost(product(x.shape));
  if (x.batch === axis) couple();
  return sizes.map((one) =>
    tensor(x.shape.with(axis, one), x.batch === axis ? 'unknown' : x.batch),
  );
};

const expand: Rule = (_node, [input, list], { rows, cost }) => {
  const x = need(input);
  const shape = broadcast([x.shape, valuesOf(need(list))]);
  cost(product(shape));
  return [spread(x, shape, rows)];
};

const tile: Rule = (_node, [input, list], { rows, cost, couple }) => {
  const x = need(input);
  const repeats = valuesOf(need(list));
  const shape = x.shape.map((size, axis) => size * (repeats[axis] as number));
  cost(product(shape));
  if (typeof x.batch === 'number' && repeats[x.batch] !== 1) couple();
  return [spread(x, shape, rows)];
};

/** The result of repeating a tensor. A constant repeated once per row is the same in every row. */
function spread(x: Shaped, shape: readonly number[], rows: number): Value {
  if (x.batch !== 'none')
    return tensor(
      shape,
      typeof x.batch === 'number' ? x.batch + shape.length - x.shape.length : x.batch,
    );
  const batch = shape.findIndex(
    (size, axis) => size % rows === 0 && (x.shape[axis - shape.length + x.shape.length] ?? 1) === 1,
  );
  return tensor(shape, rows > 1 && batch >= 0 ? batch : 'none');
}

const pad: Rule = (node, [input, list, , some], { cost, couple }) => {
  const x = need(input);
  const rank = x.shape.length;
  const pads = listAt(node, 'pads', list) ?? [];
  const axes = some
    ? valuesOf(some).map((axis) => axisOf(axis, rank))
    : x.shape.map((_, axis) => axis);
  const around = (axis: number): number[] => {
    const at = axes.indexOf(axis);
    return at < 0 ? [0, 0] : [pads[at] as number, pads[at + axes.length] as number];
  };
  const shape = x.shape.map((size, axis) => around(axis).reduce((sum, one) => sum + one, size));
  cost(product(shape));
  if (typeof x.batch === 'number' && around(x.batch).some((one) => one !== 0)) couple();
  return [tensor(shape, x.batch)];
};

const depth =
  (grows: boolean): Rule =>
  (node, [input], { cost, couple }) => {
    const { shape, batch } = need(input);
    const [n, c, h, w] = shape as [number, number, number, number];
    const block = numberOf(node, 'blocksize', 1);
    cost(product(shape));
    if (typeof batch === 'number' && batch > 0) couple();
    return [
      tensor(
        grows
          ? [n, c / block ** 2, h * block, w * block]
          : [n, c * block ** 2, h / block, w / block],
        batch,
      ),
    ];
  };

const resize: Rule = (node, inputs, { cost, couple }) => {
  const x = need(inputs[0]);
  const scales =
    node.op === 'Upsample' || node.opset < 11
      ? listAt(node, 'scales', inputs[1])
      : inputs[2]?.values;
  const sizes = inputs[3]?.values;
  // ONNX Runtime computes the size in float32.
  const scaled = (size: number, axis: number): number =>
    Math.floor(Math.fround(size * (scales?.[axis] as number)));
  const shape = x.shape.map((size, axis) => sizes?.[axis] ?? scaled(size, axis));
  if (listOf(node, 'axes')) throw new RangeError('axes of a Resize are not read');
  if (textOf(node, 'keep_aspect_ratio_policy', 'stretch') !== 'stretch')
    throw new RangeError('the sizes are upper or lower bounds');
  if (textOf(node, 'coordinate_transformation_mode', '') === 'tf_crop_and_resize')
    throw new RangeError('a part of the input is taken');
  cost(product(shape) * 4);
  if (typeof x.batch === 'number' && shape[x.batch] !== x.shape[x.batch]) couple();
  return [tensor(shape, x.batch)];
};

export const LAYOUT: Rules = {
  Reshape: reshape,
  Flatten: flatten,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Transpose: transpose,
  Concat: concat,
  Split: split,
  Expand: expand,
  Tile: tile,
  Pad: pad,
  DepthToSpace: depth(true),
  SpaceToDepth: depth(false),
  Resize: resize,
  Upsample: resize,
};
