import { DATA_TYPE, initializer, node as nodeField } from '@perigee/registry/onnx';
import type { ConversionInput } from './convert-weights.ts';
import { quantize, STEPS_OF_FLOAT_KERNELS } from './quantize.ts';
import type { GraphNode } from './read-graph.ts';
import type { Edit, Replacement } from './rewrite.ts';

/**
 * Converts tables of embeddings to int8 with a scale per row. Rows are converted back to float32
 * after the look-up, so the whole table never is.
 */
export function int8Embeddings({ graph, suffix, values }: ConversionInput): Edit {
  const weights = new Map<string, Replacement>();
  const nodes = new Map<GraphNode, readonly Uint8Array[]>();
  for (const name of tables(graph.nodes)) {
    const weight = graph.weights.get(name);
    const floats =
      weight?.dims.length === 2 && !graph.usedElsewhere.has(name) ? values(weight) : null;
    const quantized = weight && floats && quantize(floats, weight.dims, 0, STEPS_OF_FLOAT_KERNELS);
    if (!quantized) continue;
    weights.set(name, {
      initializers: [
        initializer(name + suffix, { dtype: 'int8', shape: weight.dims, data: quantized.values }),
        initializer(`${name}${suffix}/scale`, {
          dtype: 'float32',
          shape: [quantized.scales.length, 1],
          data: quantized.scales,
        }),
      ],
      nodes: [],
    });
  }
  for (const node of graph.nodes) {
    const [table = '', rows = ''] = node.inputs;
    const [output = ''] = node.outputs;
    if (!weights.has(table)) continue;
    const [stored, floats, scales] = [
      `${output}${suffix}`,
      `${output}${suffix}/floats`,
      `${output}${suffix}/scales`,
    ];
    nodes.set(node, [
      nodeField('Gather', [table + suffix, rows], [stored]),
      nodeField('Cast', [stored], [floats], { to: DATA_TYPE.float32 }),
      nodeField('Gather', [`${table}${suffix}/scale`, rows], [scales]),
      nodeField('Mul', [floats, scales], [output]),
    ]);
  }
  return { weights, nodes };
}

/** Names of the tables that only row look-ups use. */
function tables(nodes: readonly GraphNode[]): Set<string> {
  const found = new Set<string>();
  const others = new Set<string>();
  for (const { type, inputs, numbers } of nodes) {
    for (const [i, name] of inputs.entries())
      (type === 'Gather' && i === 0 && (numbers.get('axis') ?? 0) === 0 ? found : others).add(name);
  }
  return new Set([...found].filter((name) => !others.has(name)));
}
