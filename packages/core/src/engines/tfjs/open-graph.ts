import type { GraphModel } from '@tensorflow/tfjs-converter';
import { PerigeeError } from '../../error.ts';
import type { Tf } from './backend.ts';
import { checkOrder, damaged, nodesOf, reachable, splitTensorName } from './graph-def.ts';
import type { Nodes } from './graph-def.ts';
import { inputPorts, outputPorts } from './graph-ports.ts';
import type { Port } from './graph-ports.ts';
import type { ModelArtifacts } from './model-json.ts';
import { handlerOf } from './opened-model.ts';
import type { OpenedModel, TfTensor } from './opened-model.ts';

/**
 * Messages of TensorFlow.js on operators that only run asynchronously: control flow, and operators
 * whose shapes depend on values.
 */
const NEEDS_ASYNC =
  /^(This execution contains the node |The execution of the op '[^']*' returned a promise)/;

/** Opens a graph model, which has TensorFlow's nodes and their weights. */
export async function openGraph(
  tf: Tf,
  artifacts: ModelArtifacts,
  entry: string,
): Promise<OpenedModel> {
  const nodes = nodesOf(artifacts.modelTopology, entry);
  const inputs = inputPorts(artifacts, nodes);
  const outputs = outputPorts(artifacts, nodes, entry);
  if (outputs.length === 0) throw damaged(entry, 'its graph has no outputs');
  const used = reachable(
    nodes,
    outputs.map(({ tensor }) => splitTensorName(tensor).node),
  );
  checkOrder(used, entry);
  const needed = used.map(({ name }) => name);
  checkWeights(artifacts, nodes, needed, entry);
  const { loadGraphModel } = await import('@tensorflow/tfjs-converter');
  const model = await loadGraphModel(
    handlerOf({ ...artifacts, modelTopology: { versions: {}, ...artifacts.modelTopology } }),
  );
  try {
    checkOperators(model, needed, entry);
  } catch (error) {
    model.dispose();
    throw error;
  }
  const weights = new Set(
    Object.values(model.weights)
      .flat()
      .map(({ id }) => id),
  );
  return {
    signature: {
      inputs: inputs.map(({ signature }) => signature),
      outputs: outputs.map(({ signature }) => signature),
    },
    aliases: aliasesOf([...inputs, ...outputs]),
    execute: executor(tf, model),
    keeps: ({ id, kept }) => kept || weights.has(id),
    dispose: () => model.dispose(),
  };
}

/** Runs the model in a scope, which frees the tensors of a run that fails midway. */
function executor(tf: Tf, model: GraphModel): OpenedModel['execute'] {
  const asynchronous = new Set<string>();
  return async (feeds, outputs) => {
    const key = outputs.join('\n');
    if (!asynchronous.has(key)) {
      try {
        // Copy the feeds each time, because TensorFlow.js adds the model's hash tables to them.
        return tf.tidy(() => complete([model.execute({ ...feeds }, [...outputs])].flat(), outputs));
      } catch (error) {
        if (!(error instanceof Error && NEEDS_ASYNC.test(error.message))) throw error;
        asynchronous.add(key);
      }
    }
    const engine = tf.engine();
    engine.startScope('run');
    let results: TfTensor[] = [];
    try {
      results = complete([await model.executeAsync({ ...feeds }, [...outputs])].flat(), outputs);
      return results;
    } finally {
      engine.endScope(results);
    }
  };
}

function complete(results: TfTensor[], outputs: readonly string[]): TfTensor[] {
  const missing = outputs.findIndex((_, i) => !(results as (TfTensor | undefined)[])[i]);
  if (missing >= 0) throw new Error(`nothing came out for the output "${outputs[missing]}"`);
  return results;
}

/** Node names stay valid beside the names in the signature: older versions had only these. */
function aliasesOf(ports: readonly Port[]): ReadonlyMap<string, string> {
  const names = new Set(ports.map(({ name }) => name));
  const aliases = new Map<string, string>();
  for (const { name, tensor } of ports) {
    for (const alias of [tensor, tensor.includes(':') ? tensor : `${tensor}:0`])
      if (!names.has(alias) && !aliases.has(alias)) aliases.set(alias, name);
  }
  return aliases;
}

function checkWeights(
  { weightSpecs }: ModelArtifacts,
  nodes: Nodes,
  needed: readonly string[],
  entry: string,
): void {
  const listed = new Set(weightSpecs.map(({ name }) => name));
  const missing = needed.filter((name) => nodes.get(name)?.op === 'Const' && !listed.has(name));
  if (missing.length > 0)
    throw damaged(
      entry,
      `its "weightsManifest" does not list the weights ${missing
        .slice(0, 20)
        .map((name) => `"${name}"`)
        .join(', ')}`,
    );
}

interface MappedNode {
  readonly op: string;
  readonly category?: string;
}

interface MappedGraph {
  readonly nodes: Readonly<Record<string, MappedNode>>;
  readonly functions?: Readonly<Record<string, MappedGraph>>;
}

/**
 * Names all operators that TensorFlow.js lacks. Its own error names only the first, and only when a
 * run reaches it.
 */
function checkOperators(model: GraphModel, needed: readonly string[], entry: string): void {
  const { graph } = (model as unknown as { readonly executor: { readonly graph: MappedGraph } })
    .executor;
  const used = [
    ...needed.map((name) => graph.nodes[name]),
    ...Object.values(graph.functions ?? {}).flatMap(({ nodes }) => Object.values(nodes)),
  ];
  const operators = [
    ...new Set(
      used
        .filter((node) => node !== undefined && node.category === undefined && node.op !== 'Const')
        .map((node) => node?.op as string),
    ),
  ].sort();
  if (operators.length === 0) return;
  throw new PerigeeError(
    'UNSUPPORTED_OPERATOR',
    `"${entry}" needs ${operators.length > 1 ? 'the operators' : 'the operator'} ` +
      `${operators.join(', ')}, which TensorFlow.js does not have on any backend. ` +
      'Operators of your own cannot be added here: convert the model again with built-in ' +
      'ones in their place, or to ONNX.',
    { details: { operators, operator: operators[0] } },
  );
}
