// Makes TensorFlow.js graph models in the form of the converter: model.json and its weights.

interface GraphNode {
  readonly name: string;
  readonly op: string;
  readonly input?: readonly string[];
  readonly attr?: Readonly<Record<string, unknown>>;
}

const float = { dtype: { type: 'DT_FLOAT' }, T: { type: 'DT_FLOAT' } };
const shapeOf = (sizes: readonly number[]) => ({
  shape: { shape: { dim: sizes.map((size) => ({ size: String(size) })) } },
});

export const placeholder = (name: string, sizes: readonly number[]): GraphNode => ({
  name,
  op: 'Placeholder',
  attr: { dtype: float.dtype, ...shapeOf(sizes) },
});
export const weight = (name: string): GraphNode => ({
  name,
  op: 'Const',
  attr: { dtype: float.dtype },
});
export const node = (
  name: string,
  op: string,
  input: readonly string[],
  attr: Readonly<Record<string, unknown>> = {},
): GraphNode => ({ name, op, input, attr: { ...float, ...attr } });

interface WeightValues {
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

/**
 * Files of a model with these nodes, with weights (shapes and values by name), and with further
 * fields of model.json.
 */
export function graphModel(
  nodes: readonly GraphNode[],
  weights: Readonly<Record<string, WeightValues>>,
  further: Readonly<Record<string, unknown>> = {},
): Map<string, Uint8Array> {
  const { specs, bytes } = weightsOf(weights);
  return modelFiles(
    {
      format: 'graph-model',
      generatedBy: 'by hand',
      convertedBy: null,
      modelTopology: { node: nodes, versions: { producer: 1 } },
      weightsManifest: [{ paths: ['group1-shard1of1.bin'], weights: specs }],
      ...further,
    },
    bytes,
  );
}

/** Files of a layers model with this Keras configuration. */
export function layersModel(
  topology: unknown,
  weights: Readonly<Record<string, WeightValues>>,
): Map<string, Uint8Array> {
  const { specs, bytes } = weightsOf(weights);
  return modelFiles(
    {
      format: 'layers-model',
      modelTopology: topology,
      weightsManifest: [{ paths: ['group1-shard1of1.bin'], weights: specs }],
    },
    bytes,
  );
}

export function modelFiles(
  json: unknown,
  shard: Uint8Array,
  name = 'group1-shard1of1.bin',
): Map<string, Uint8Array> {
  return new Map([
    ['model.json', new TextEncoder().encode(JSON.stringify(json))],
    [name, shard],
  ]);
}

export function weightsOf(weights: Readonly<Record<string, WeightValues>>): {
  readonly specs: readonly unknown[];
  readonly bytes: Uint8Array;
} {
  const specs = Object.entries(weights).map(([name, { shape }]) => ({
    name,
    shape,
    dtype: 'float32',
  }));
  const data = Float32Array.from(Object.values(weights).flatMap(({ values }) => values));
  return { specs, bytes: new Uint8Array(data.buffer) };
}

/** An entry of the signature, which the converter writes beside the graph. */
export const tensorInfo = (name: string, dtype: string, sizes?: readonly number[]): unknown => ({
  name,
  dtype,
  ...(sizes && { tensorShape: { dim: sizes.map((size) => ({ size: String(size) })) } }),
});

/** An attribute that names an element type. */
export const ofType = (name: string) => ({ type: name });
