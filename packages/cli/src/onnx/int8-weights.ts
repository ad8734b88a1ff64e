import { DATA_TYPE, initializer, node } from '@perigee/registry/onnx';
import type { ConversionInput } from './convert-weights.ts';
import { quantize, STEPS_OF_FLOAT_KERNELS } from './quantize.ts';
import type { GraphNode, Weight } from './read-graph.ts';
import type { Edit, Replacement } from './rewrite.ts';

/**
 * Converts weights to int8 with a scale per output channel, multiplied back to float32 in the
 * graph: a quarter of the bytes, float32 arithmetic. It uses Cast and Mul instead of
 * DequantizeLinear. Runtimes compute Cast and Mul once, when they open the model, but
 * DequantizeLinear in every run. Cast and Mul also need no opset 13 for scales per channel.
 */
export function int8Weights({ graph, suffix, values }: ConversionInput): Edit {
  const weights = new Map<string, Replacement>();
  for (const [name, axis] of channelAxes(graph.nodes, graph.weights)) {
    const weight = graph.weights.get(name);
    const floats = weight && !graph.usedElsewhere.has(name) ? values(weight) : null;
    const quantized =
      weight && floats && quantize(floats, weight.dims, axis, STEPS_OF_FLOAT_KERNELS);
    if (!quantized) continue;
    const [stored, scale, cast] = [
      name + suffix,
      `${name}${suffix}/scale`,
      `${name}${suffix}/cast`,
    ];
    weights.set(name, {
      initializers: [
        initializer(stored, { dtype: 'int8', shape: weight.dims, data: quantized.values }),
        initializer(scale, {
          dtype: 'float32',
          shape: weight.dims.map((size, i) => (i === axis ? size : 1)),
          data: quantized.scales,
        }),
      ],
      nodes: [
        node('Cast', [stored], [cast], { to: DATA_TYPE.float32 }),
        node('Mul', [cast, scale], [name]),
      ],
    });
  }
  return { weights, nodes: new Map() };
}

/**
 * Weight → its channel axis. It includes only weights whose uses all have the same channel axis.
 */
function channelAxes(
  nodes: readonly GraphNode[],
  weights: ReadonlyMap<string, Weight>,
): Map<string, number> {
  const axes = new Map<string, number>();
  for (const node of nodes) {
    for (const [i, name] of node.inputs.entries()) {
      const weight = weights.get(name);
      if (!weight) continue;
      const axis = channelAxis(node, i, weight.dims.length);
      axes.set(name, (axes.get(name) ?? axis) === axis ? axis : Number.NaN);
    }
  }
  return new Map([...axes].filter(([, axis]) => !Number.isNaN(axis)));
}

/**
 * Channel axis of input `i`. NaN if it is not a weight of an operator known here. Source: operator
 * definitions of ONNX and ONNX Runtime.
 */
function channelAxis({ type: fullType, numbers }: GraphNode, i: number, rank: number): number {
  // ONNX Runtime's optimiser gives these names to an operator fused with its activation.
  const type = fullType.replace(/^com\.microsoft\.Fused(Conv|Gemm)$/, '$1');
  if (type === 'Conv' && i === 1 && rank >= 3) return 0;
  if (type === 'ConvTranspose' && i === 1 && rank >= 3) return 1;
  if (type === 'Gemm' && i === 1 && rank === 2) return (numbers.get('transB') ?? 0) === 0 ? 1 : 0;
  if (type === 'MatMul' && i === 1 && rank >= 2) return rank - 1;
  return Number.NaN;
}
