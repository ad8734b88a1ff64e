import type { Dtype, Signature, TensorSignature } from '@perigee/registry';
import type * as TensorFlow from '@tensorflow/tfjs-core';
import { PerigeeError } from '../../error.ts';
import type { Tf } from './backend.ts';
import type { ModelArtifacts } from './model-json.ts';

type TfTensor = TensorFlow.Tensor;

/** A graph model or a layers model, made alike. */
export interface OpenedModel {
  readonly signature: Signature;
  /** Outputs of whose shape the file says nothing. */
  readonly unknownShapes: ReadonlySet<string>;
  /** Inputs by name → the outputs named, in order. The caller disposes them. */
  execute(feeds: Record<string, TfTensor>, outputs: readonly string[]): Promise<readonly TfTensor[]>;
  dispose(): void;
}

/** Layers models are Keras's: they say so, or their topology is a Keras configuration. */
export function openModel(tf: Tf, artifacts: ModelArtifacts): Promise<OpenedModel> {
  const isLayers = artifacts.format === 'layers-model' || 'model_config' in artifacts.modelTopology || 'class_name' in artifacts.modelTopology;
  return isLayers ? openLayers(tf, artifacts) : openGraph(artifacts);
}

/** What TensorFlow.js calls where a model comes from. */
function handlerOf(artifacts: ModelArtifacts): TensorFlow.io.IOHandler {
  return { load: () => Promise.resolve(artifacts as unknown as TensorFlow.io.ModelArtifacts) };
}

async function openGraph(artifacts: ModelArtifacts): Promise<OpenedModel> {
  const { loadGraphModel } = await import('@tensorflow/tfjs-converter');
  const model = await loadGraphModel(handlerOf(artifacts));
  // Control flow and operators whose shapes depend on values only run asynchronously; the first run finds out.
  let isAsync = false;
  return {
    signature: { inputs: model.inputs.map(tensorSignature), outputs: model.outputs.map(tensorSignature) },
    unknownShapes: new Set(model.outputs.filter(({ shape }) => !shape).map(({ name }) => plainName(name))),
    async execute(feeds, outputs) {
      if (!isAsync) {
        try {
          return [model.execute(feeds, [...outputs])].flat();
        } catch (error) {
          if (!/executeAsync|dynamic op/i.test(String(error))) throw error;
          isAsync = true;
        }
      }
      return [await model.executeAsync(feeds, [...outputs])].flat();
    },
    dispose: () => model.dispose(),
  };
}

async function openLayers(tf: Tf, artifacts: ModelArtifacts): Promise<OpenedModel> {
  const { loadLayersModel } = await import('@tensorflow/tfjs-layers');
  const model = await loadLayersModel(handlerOf(artifacts));
  // A sequential model has no lists of names; its tensors do.
  const inputs = model.inputs.map(({ name, dtype, shape }, i) => tensorSignature({ name: model.inputNames[i] ?? name, dtype, shape }));
  const outputs = model.outputs.map(({ name, dtype, shape }, i) => tensorSignature({ name: model.outputNames[i] ?? name, dtype, shape }));
  const names = outputs.map(({ name }) => name);
  return {
    signature: { inputs, outputs },
    unknownShapes: new Set(),
    async execute(feeds, wanted) {
      const results = tf.tidy(() => [model.predict(inputs.map(({ name }) => feeds[name] as TfTensor))].flat()) as TfTensor[];
      const picked = wanted.map((name) => results[names.indexOf(name)] as TfTensor);
      for (const result of results) if (!picked.includes(result)) result.dispose();
      return picked;
    },
    dispose: () => void model.dispose(),
  };
}

/** "y:0" is the first output of the node "y". */
function plainName(name: string): string {
  return name.replace(/:0$/, '');
}

const DTYPES: ReadonlySet<string> = new Set<Dtype>(['float32', 'int32', 'bool', 'string']);

function tensorSignature({ name, dtype = 'float32', shape }: { readonly name: string; readonly dtype?: string | undefined; readonly shape?: readonly (number | null)[] | undefined }): TensorSignature {
  if (!DTYPES.has(dtype)) throw new PerigeeError('UNSUPPORTED_MODEL', `"${name}" has element type ${dtype}; float32, int32, bool and string can go in and out.`);
  return { name: plainName(name), dtype: dtype as Dtype, shape: (shape ?? []).map((size) => (size === null || size < 0 ? null : size)) };
}
