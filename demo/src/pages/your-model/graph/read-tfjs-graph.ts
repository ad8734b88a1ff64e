import { parseJson } from '@perigee/registry';
import { connect } from './model-graph.ts';
import type { ModelGraph, NamedNode } from './model-graph.ts';
import { inputNode, outputNode } from './read-onnx-graph.ts';

const MAX_BYTES = 32 * 1024 * 1024;

/** The parts of a TensorFlow.js model.json that say how its operators are connected. */
interface ModelJson {
  readonly modelTopology?: {
    /** A GraphDef of TensorFlow, in graph models. */
    readonly node?: readonly TfNode[];
    /** A configuration of Keras, in layers models. */
    readonly model_config?: KerasModel;
  };
}
interface TfNode {
  readonly name: string;
  readonly op: string;
  readonly input?: readonly string[];
}
interface KerasModel {
  readonly class_name: string;
  readonly config: { readonly layers: readonly KerasLayer[] } | readonly KerasLayer[];
}
interface KerasLayer {
  readonly class_name: string;
  readonly name?: string;
  readonly config: { readonly name?: string };
  readonly inbound_nodes?: unknown;
}

/**
 * Reads the operators of a TensorFlow.js model.json.
 * @throws Error when the file is no such model, or of a form that is not known here
 */
export function readTfjsGraph(bytes: Uint8Array): ModelGraph {
  const { node, model_config: layers } =
    (parseJson(bytes, 'model.json', MAX_BYTES) as ModelJson).modelTopology ?? {};
  if (node) return readGraphDef(node);
  if (layers) return readLayers(layers);
  throw new Error('This model.json has neither a graph nor layers.');
}

/** A tensor is called `node:1`; `^node` only says which node runs first. */
const nodeOf = (tensor: string): string => tensor.replace(/^\^/, '').replace(/:\d+$/, '');

function readGraphDef(all: readonly TfNode[]): ModelGraph {
  const nodes = all.filter(({ op }) => op !== 'Const');
  const read = new Set(nodes.flatMap(({ input = [] }) => input.map(nodeOf)));
  return connect([
    ...nodes.map(({ name, op, input = [] }) =>
      op === 'Placeholder' ? inputNode(name) : operator(op, name, input.map(nodeOf)),
    ),
    ...nodes.filter(({ name }) => !read.has(name)).map(({ name }) => outputNode(name)),
  ]);
}

function operator(label: string, name: string, reads: readonly string[]): NamedNode {
  return { kind: 'operator', label, name, reads, writes: [name] };
}

function readLayers({ class_name: kind, config }: KerasModel): ModelGraph {
  const layers = 'layers' in config ? config.layers : config;
  const names = layers.map((layer, i) => layer.name ?? layer.config.name ?? `layer ${i}`);
  const nodes = layers.map((layer, i): NamedNode => {
    const name = names[i] ?? '';
    const before = i === 0 ? 'input' : (names[i - 1] ?? '');
    const reads = kind === 'Sequential' ? [before] : layersBefore(layer.inbound_nodes);
    return layer.class_name === 'InputLayer'
      ? inputNode(name)
      : operator(layer.class_name, name, reads);
  });
  const read = new Set(nodes.flatMap(({ reads }) => reads));
  const hasInput = nodes.some(({ kind }) => kind === 'input');
  return connect([
    ...(hasInput ? [] : [inputNode('input')]),
    ...nodes,
    ...nodes.filter(({ name }) => !read.has(name)).map(({ name }) => outputNode(name)),
  ]);
}

/**
 * Names of the layers that a layer reads. Keras 2 lists calls, each a list of
 * `[layer, call, tensor, options]`. Keras 3 has `keras_history: [layer, call, tensor]`.
 */
function layersBefore(value: unknown): readonly string[] {
  if (Array.isArray(value)) {
    const [name, call, tensor] = value as readonly unknown[];
    return typeof name === 'string' && typeof call === 'number' && typeof tensor === 'number'
      ? [name]
      : value.flatMap(layersBefore);
  }
  return value !== null && typeof value === 'object'
    ? Object.values(value).flatMap(layersBefore)
    : [];
}
