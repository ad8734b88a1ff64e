import { DATA_TYPE, initializer, node as nodeField } from '@perigee/registry/onnx';
import type { ConversionInput } from './convert-weights.ts';
import { quantize, STEPS_OF_INTEGER_KERNELS } from './quantize.ts';
import type { GraphNode } from './read-graph.ts';
import type { Edit, Replacement } from './rewrite.ts';

/** With more rows, a sum could exceed an int32. */
const MAX_ROWS = Math.floor((2 ** 31 - 1) / (255 * STEPS_OF_INTEGER_KERNELS));

/**
 * Converts matrix products to int8: weights with a scale per column, activations quantized to uint8
 * at run time, products summed in int32. This is faster on backends with kernels for it. The
 * weights have seven bits, so that no kernel saturates and every backend computes the same
 * integers.
 */
export function dynamicInt8({ graph, suffix, values }: ConversionInput): Edit {
  const weights = new Map<string, Replacement>();
  const nodes = new Map<GraphNode, readonly Uint8Array[]>();
  for (const [name, products] of productsByWeight(graph.nodes)) {
    const weight = graph.weights.get(name);
    const floats = weight && !graph.usedElsewhere.has(name) ? values(weight) : null;
    if (!weight || !floats || !products) continue;
    const transposed = products[0]?.numbers.get('transB') === 1;
    const [rows = 0, columns = 0] = transposed ? weight.dims.toReversed() : weight.dims;
    if (rows > MAX_ROWS) continue;
    const upright = transposed ? transpose(floats, columns, rows) : floats;
    const quantized = quantize(upright, [rows, columns], 1, STEPS_OF_INTEGER_KERNELS);
    if (!quantized) continue;
    const [stored, scale] = [name + suffix, `${name}${suffix}/scale`];
    weights.set(name, {
      initializers: [
        initializer(stored, { dtype: 'int8', shape: [rows, columns], data: quantized.values }),
        initializer(scale, { dtype: 'float32', shape: [columns], data: quantized.scales }),
      ],
      nodes: [],
    });
  }
  const quantizedInputs = new Set<string>();
  for (const node of graph.nodes) {
    const [x = '', name = ''] = node.inputs;
    if (!weights.has(name)) continue;
    nodes.set(node, productNodes(node, suffix, !quantizedInputs.has(x)));
    quantizedInputs.add(x);
  }
  return { weights, nodes };
}

/**
 * Two-dimensional weights → the products that have them on the right. Null if a weight has other
 * uses, or if a product reads it transposed differently.
 */
function productsByWeight(nodes: readonly GraphNode[]): Map<string, GraphNode[] | null> {
  const products = new Map<string, GraphNode[] | null>();
  for (const node of nodes) {
    for (const [i, name] of node.inputs.entries()) {
      const known = products.get(name);
      const fits =
        i === 1 &&
        isProduct(node) &&
        known !== null &&
        (known?.[0]?.numbers.get('transB') ?? node.numbers.get('transB') ?? 0) ===
          (node.numbers.get('transB') ?? 0);
      products.set(name, fits ? [...(known ?? []), node] : null);
    }
  }
  return products;
}

function isProduct({ type, numbers }: GraphNode): boolean {
  return (
    type === 'MatMul' ||
    (type === 'Gemm' &&
      (numbers.get('alpha') ?? 1) === 1 &&
      (numbers.get('beta') ?? 1) === 1 &&
      (numbers.get('transA') ?? 0) === 0)
  );
}

/**
 * y = (quantized x · quantized w) × (scale of x × scales of w), plus the addend of Gemm. An input
 * of several products is quantized once.
 */
function productNodes(
  { inputs, outputs }: GraphNode,
  suffix: string,
  first: boolean,
): Uint8Array[] {
  const [x = '', weight = '', added = ''] = inputs;
  const [y = ''] = outputs;
  const [xQuantized, xScale, xZero] = [
    `${x}${suffix}/input`,
    `${x}${suffix}/input-scale`,
    `${x}${suffix}/input-zero`,
  ];
  const [sums, floats, scales, product] = [
    `${y}${suffix}/sums`,
    `${y}${suffix}/floats`,
    `${y}${suffix}/scales`,
    `${y}${suffix}/product`,
  ];
  return [
    ...(first ? [nodeField('DynamicQuantizeLinear', [x], [xQuantized, xScale, xZero])] : []),
    nodeField('MatMulInteger', [xQuantized, weight + suffix, xZero], [sums]),
    nodeField('Cast', [sums], [floats], { to: DATA_TYPE.float32 }),
    nodeField('Mul', [xScale, `${weight}${suffix}/scale`], [scales]),
    nodeField('Mul', [floats, scales], [added === '' ? y : product]),
    ...(added === '' ? [] : [nodeField('Add', [product, added], [y])]),
  ];
}

/** rows × columns → columns × rows. */
function transpose(floats: Float32Array, rows: number, columns: number): Float32Array {
  const turned = new Float32Array(floats.length);
  for (let row = 0; row < rows; row += 1)
    for (let column = 0; column < columns; column += 1)
      turned[column * rows + row] = floats[row * columns + column] ?? 0;
  return turned;
}
