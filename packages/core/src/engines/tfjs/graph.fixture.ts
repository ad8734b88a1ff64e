// A TensorFlow.js graph model by hand: model.json and its weights, as the converter writes them.

interface GraphNode {
  readonly name: string;
  readonly op: string;
  readonly input?: readonly string[];
  readonly attr?: Readonly<Record<string, unknown>>;
}

const float = { dtype: { type: 'DT_FLOAT' }, T: { type: 'DT_FLOAT' } };
const shapeOf = (sizes: readonly number[]) => ({ shape: { shape: { dim: sizes.map((size) => ({ size: String(size) })) } } });

export const placeholder = (name: string, sizes: readonly number[]): GraphNode => ({ name, op: 'Placeholder', attr: { dtype: float.dtype, ...shapeOf(sizes) } });
export const weight = (name: string): GraphNode => ({ name, op: 'Const', attr: { dtype: float.dtype } });
export const node = (name: string, op: string, input: readonly string[], attr: Readonly<Record<string, unknown>> = {}): GraphNode => ({ name, op, input, attr: { ...float, ...attr } });

/** Files of a model of these nodes; weights by name with their shapes. */
export function graphModel(nodes: readonly GraphNode[], weights: Readonly<Record<string, { readonly shape: readonly number[]; readonly values: readonly number[] }>>): Map<string, Uint8Array> {
  const specs = Object.entries(weights).map(([name, { shape }]) => ({ name, shape, dtype: 'float32' }));
  const data = Float32Array.from(Object.values(weights).flatMap(({ values }) => values));
  const json = { format: 'graph-model', generatedBy: 'by hand', convertedBy: null, modelTopology: { node: nodes, versions: { producer: 1 } }, weightsManifest: [{ paths: ['group1-shard1of1.bin'], weights: specs }] };
  return new Map([['model.json', new TextEncoder().encode(JSON.stringify(json))], ['group1-shard1of1.bin', new Uint8Array(data.buffer)]]);
}
