import { axisOf, like, need, numberOf, product, tensor, UNKNOWN } from './value.ts';
import type { Rule, Rules } from './value.ts';

/** Scale and zero point depend on the range of the whole tensor, so they couple its rows. */
const dynamic: Rule = (_node, [input], { cost, couple }) => {
  const x = need(input);
  cost(product(x.shape));
  if (x.batch !== 'none') couple();
  return [like(x), tensor([]), tensor([])];
};

/** The operator quantises its input by the range of the whole tensor. Its result is unknown. */
const inside: Rule = (node, inputs, { couple }) => {
  if (inputs.some((input) => input && input.batch !== 'none')) couple();
  return node.outputs.map(() => UNKNOWN);
};

const fixed: Rule = (node, [input, scale], { cost, couple }) => {
  const x = need(input);
  const { shape, batch } = need(scale);
  cost(product(x.shape));
  const perAxis = shape.length > 0 && product(shape) > 1;
  if (
    batch !== 'none' ||
    (perAxis && axisOf(numberOf(node, 'axis', 1), x.shape.length) === x.batch)
  )
    couple();
  return [tensor(x.shape, x.batch)];
};

export const QUANTIZED: Rules = {
  DynamicQuantizeLinear: dynamic,
  'com.microsoft.DynamicQuantizeMatMul': inside,
  'com.microsoft.DynamicQuantizeLSTM': inside,
  QuantizeLinear: fixed,
  DequantizeLinear: fixed,
};
