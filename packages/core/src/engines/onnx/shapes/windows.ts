import { listOf, need, numberOf, product, tensor, textOf } from './value.ts';
import type { Notes, Rule, Rules, ShapeNode, Shaped, Value } from './value.ts';

/** Spatial sizes of the result of moving a window over an image. */
function passed(node: ShapeNode, image: readonly number[], kernel: readonly number[]): number[] {
  const [strides, pads, dilations] = ['strides', 'pads', 'dilations'].map((name) =>
    listOf(node, name),
  );
  const autoPad = textOf(node, 'auto_pad', 'NOTSET');
  const rounds = numberOf(node, 'ceil_mode', 0) === 1;
  return image.map((size, axis) => {
    const stride = strides?.[axis] ?? 1;
    if (autoPad.startsWith('SAME')) return Math.ceil(size / stride);
    const reach = ((kernel[axis] ?? 1) - 1) * (dilations?.[axis] ?? 1) + 1;
    const around = (pads?.[axis] ?? 0) + (pads?.[axis + image.length] ?? 0);
    const [before, free] = autoPad === 'VALID' ? [0, size] : [pads?.[axis] ?? 0, size + around];
    let places = (rounds ? Math.ceil : Math.floor)((free - reach) / stride) + 1;
    // The last window must begin inside the image, or in the padding before it.
    if (rounds && (places - 1) * stride >= size + before) places -= 1;
    if (!(places > 0)) throw new RangeError('the image is smaller than the window');
    return places;
  });
}

/** The batch axis of images. A window mixes rows that lie along another axis than the first. */
function imagesOf({ batch }: Shaped, { couple }: Notes): Value['batch'] {
  if (typeof batch === 'number' && batch > 0) couple();
  return batch === 0 || batch === 'none' ? batch : 'unknown';
}

function convolve(node: ShapeNode, x: Shaped, w: Shaped, notes: Notes): Value {
  if (w.batch !== 'none') notes.couple();
  const [, channels, ...kernel] = w.shape;
  const shape = [
    x.shape[0] as number,
    w.shape[0] as number,
    ...passed(node, x.shape.slice(2), kernel),
  ];
  notes.cost(product(shape) * product([channels as number, ...kernel]));
  return tensor(shape, imagesOf(x, notes));
}

const transposed: Rule = (node, [first, second], notes) => {
  const [x, w] = [need(first), need(second)];
  const [, channels, ...kernel] = w.shape;
  const group = numberOf(node, 'group', 1);
  const [strides, pads, dilations, extra] = ['strides', 'pads', 'dilations', 'output_padding'].map(
    (name) => listOf(node, name),
  );
  const autoPad = textOf(node, 'auto_pad', 'NOTSET');
  const image = x.shape.slice(2).map((size, axis) => {
    const stride = strides?.[axis] ?? 1;
    const reach = ((kernel[axis] ?? 1) - 1) * (dilations?.[axis] ?? 1) + 1;
    const most = (size - 1) * stride + reach + (extra?.[axis] ?? 0);
    // SAME padding only removes from the result; it never adds to it.
    if (autoPad.startsWith('SAME')) return Math.min(size * stride, most);
    return most - (pads?.[axis] ?? 0) - (pads?.[axis + kernel.length] ?? 0);
  });
  const shape = [
    x.shape[0] as number,
    (channels as number) * group,
    ...(listOf(node, 'output_shape') ?? image),
  ];
  notes.cost(product(x.shape) * product([channels as number, ...kernel]));
  return [tensor(shape, imagesOf(x, notes))];
};

const pool: Rule = (node, [input], notes) => {
  const x = need(input);
  const kernel = listOf(node, 'kernel_shape') ?? [];
  const isDilated = listOf(node, 'dilations')?.some((step) => step !== 1);
  if (isDilated && textOf(node, 'auto_pad', 'NOTSET').startsWith('SAME'))
    throw new RangeError('ONNX Runtime pads such a pool by a rule of its own');
  const shape = [...x.shape.slice(0, 2), ...passed(node, x.shape.slice(2), kernel)];
  notes.cost(product(shape) * product(kernel));
  // The second output has indexes into the whole batch.
  return [
    tensor(shape, imagesOf(x, notes)),
    tensor(shape, x.batch === 'none' ? 'none' : 'unknown'),
  ];
};

const globalPool: Rule = (_node, [input], notes) => {
  const x = need(input);
  notes.cost(product(x.shape));
  return [tensor([...x.shape.slice(0, 2), ...x.shape.slice(2).map(() => 1)], imagesOf(x, notes))];
};

export const WINDOWS: Rules = {
  Conv: (node, [x, w], notes) => [convolve(node, need(x), need(w), notes)],
  ConvInteger: (node, [x, w], notes) => [convolve(node, need(x), need(w), notes)],
  QLinearConv: (node, [x, , , w], notes) => [convolve(node, need(x), need(w), notes)],
  ConvTranspose: transposed,
  AveragePool: pool,
  LpPool: pool,
  MaxPool: pool,
  GlobalAveragePool: globalPool,
  GlobalLpPool: globalPool,
  GlobalMaxPool: globalPool,
};
