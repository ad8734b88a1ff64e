import type { TensorSignature } from '@perigee/registry';
import { PerigeeError } from '../../error.ts';
import type { Tf } from './backend.ts';
import { checkCalls, checkLayers } from './keras-check.ts';
import { kerasConfig } from './keras-config.ts';
import { HOW_TO_CONVERT, isJsonObject } from './keras-form.ts';
import type { Json, JsonObject } from './keras-form.ts';
import type { ModelArtifacts, WeightSpec } from './model-json.ts';
import { handlerOf } from './opened-model.ts';
import type { OpenedModel, TfTensor } from './opened-model.ts';
import { isTfDtype, unsupportedDtype } from './tensors.ts';

/** Opens a layers model, which has a Keras configuration of its layers and their weights. */
export async function openLayers(
  tf: Tf,
  artifacts: ModelArtifacts,
  entry: string,
): Promise<OpenedModel> {
  const { loadLayersModel } = await import('@tensorflow/tfjs-layers');
  const { config, isKeras3 } = kerasConfig(artifacts.modelTopology, entry);
  checkLayers(tf, config, entry);
  checkCalls(config, entry);
  const weightSpecs = isKeras3 ? keras2Names(artifacts.weightSpecs, config) : artifacts.weightSpecs;
  const model = await loadLayersModel(
    handlerOf({ ...artifacts, modelTopology: config, weightSpecs }),
  ).catch((cause: unknown) => {
    throw cannotLoad(entry, cause);
  });
  // A sequential model has no lists of names, but its tensors have names.
  const inputs = model.inputs.map(({ name, dtype, shape }, i) =>
    described(model.inputNames[i] ?? name, dtype, shape),
  );
  const names = unique(model.outputs.map(({ name }, i) => model.outputNames[i] ?? name));
  const outputs = model.outputs.map(({ dtype, shape }, i) =>
    described(names[i] as string, dtype, shape),
  );
  return {
    signature: { inputs, outputs },
    aliases: layerAliases(
      model.outputs.map(({ sourceLayer }) => sourceLayer.name),
      names,
    ),
    async execute(feeds, wanted) {
      return tf.tidy(() => {
        const results = [
          model.predict(inputs.map(({ name }) => feeds[name] as TfTensor)),
        ].flat() as TfTensor[];
        return wanted.map((name) => results[names.indexOf(name)] as TfTensor);
      });
    },
    keeps: () => false,
    dispose: () => void model.dispose(),
  };
}

function described(
  name: string,
  dtype: string,
  shape: readonly (number | null)[],
): TensorSignature {
  if (!isTfDtype(dtype)) throw unsupportedDtype(name, dtype);
  return { name, dtype, shape: shape.map((size) => (size === null || size < 0 ? null : size)) };
}

/** Outputs have the name of their layer. Further outputs of the same layer get a number. */
function unique(names: readonly string[]): readonly string[] {
  const counts = new Map<string, number>();
  return names.map((name) => {
    const count = counts.get(name) ?? 0;
    counts.set(name, count + 1);
    return count === 0 ? name : `${name}:${count}`;
  });
}

/** The output of a sequential model is called "dense/dense". The name of its layer works, too. */
function layerAliases(
  layers: readonly string[],
  outputs: readonly string[],
): ReadonlyMap<string, string> {
  return new Map(
    layers.flatMap((layer, i) =>
      outputs.includes(layer) ? [] : [[layer, outputs[i] as string] as const],
    ),
  );
}

/**
 * Converts names of weights from Keras 3 to Keras 2. Keras 3 begins with the names of the models,
 * as in "sequential/dense/kernel". Keras 2 begins with the layer.
 */
function keras2Names(specs: readonly WeightSpec[], model: JsonObject): readonly WeightSpec[] {
  const layers = new Set(layerNames(model['config']));
  const renamed = specs.map((spec) => {
    const parts = spec.name.split('/');
    const from = parts.slice(0, -1).findLastIndex((part) => layers.has(part));
    return from > 0 ? { ...spec, name: parts.slice(from).join('/') } : spec;
  });
  return new Set(renamed.map(({ name }) => name)).size === specs.length ? renamed : specs;
}

function layerNames(config: Json | undefined): readonly string[] {
  const layers =
    isJsonObject(config) && Array.isArray(config['layers'])
      ? (config['layers'] as readonly JsonObject[])
      : [];
  return layers.flatMap((layer) => [String(layer['name']), ...layerNames(layer['config'])]);
}

function cannotLoad(entry: string, cause: unknown): unknown {
  if (
    !(cause instanceof Error) ||
    cause.message.startsWith("Kernel '") ||
    cause instanceof RangeError
  )
    return cause;
  const [said] = cause.message.split('\n');
  return new PerigeeError(
    'WRONG_CONTENT',
    `"${entry}" is not a layers model that TensorFlow.js can load. It said: ${said} ` +
      `${HOW_TO_CONVERT}`,
    { cause, details: { entry } },
  );
}
