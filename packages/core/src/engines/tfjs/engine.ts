import type { Signature } from '@perigee/registry';
import type * as TensorFlow from '@tensorflow/tfjs-core';
import { PerigeeError } from '../../error.ts';
import type { Tensor, Tensors } from '../../tensor.ts';
import type { Engine, EngineFiles, EngineSession, SessionOptions } from '../engine.ts';
import { startBackend } from './backend.ts';
import type { StartedBackend, Tf } from './backend.ts';
import { explain } from './errors.ts';
import { readArtifacts, shardPaths } from './model-json.ts';
import { openModel } from './open-model.ts';
import type { OpenedModel } from './open-model.ts';

/** A first run at opening finds operators a backend lacks; larger inputs than this are not made up for it. */
const MAX_DRY_VALUES = 2 ** 22;

/** TensorFlow.js graph and layers models, on its own backends. */
export const tfjsEngine: Engine = {
  companions: shardPaths,

  async prepare(options) {
    await startBackend(options);
  },

  async create(files: EngineFiles, options) {
    const artifacts = readArtifacts(files);
    const started = await startBackend(options);
    let model: OpenedModel | undefined;
    try {
      model = await openModel(started.tf, artifacts);
      const signature = await dryRun(started.tf, model);
      return wrap(started, { ...model, signature }, files.entry, options);
    } catch (cause) {
      model?.dispose();
      throw explain(cause, 'open', files.entry, options.backend);
    }
  },
};

/**
 * Says at opening what would else be said at the first call: which kernel this backend does not have. And fills in the signature how many
 * dimensions an output has where the file does not say.
 */
async function dryRun(tf: Tf, { signature, unknownShapes, execute }: OpenedModel): Promise<Signature> {
  const shapes = signature.inputs.map(({ shape }) => shape.map((size) => (typeof size === 'number' ? size : 1)));
  if (shapes.some((shape) => shape.reduce((product, size) => product * size, 1) > MAX_DRY_VALUES)) return signature;
  const feeds = Object.fromEntries(signature.inputs.map(({ name, dtype }, i) => [name, tf.zeros(shapes[i] as number[], dtype === 'string' ? 'float32' : (dtype as 'float32'))]));
  try {
    const results = await execute(feeds, signature.outputs.map(({ name }) => name));
    const outputs = signature.outputs.map((output, i) => (unknownShapes.has(output.name) ? { ...output, shape: results[i]?.shape.map(() => null) ?? [] } : output));
    for (const result of results) result.dispose();
    return { ...signature, outputs };
  } catch (error) {
    // Zeros of made-up sizes may well not suit the model; a missing kernel does not depend on them.
    if (explain(error, 'run', '', 'cpu').code === 'UNSUPPORTED_OPERATOR') throw error;
    return signature;
  } finally {
    for (const tensor of Object.values(feeds)) tensor.dispose();
  }
}

function wrap({ tf, loss, isLost }: StartedBackend, model: OpenedModel, entry: string, { backend }: SessionOptions): EngineSession {
  const { signature } = model;
  const all = signature.outputs.map(({ name }) => name);
  let last: Promise<unknown> = Promise.resolve();

  async function execute(feeds: Tensors, wanted: readonly string[]): Promise<Tensors> {
    const fed = Object.fromEntries(Object.entries(feeds).map(([name, tensor]) => [name, toTf(tf, tensor)]));
    const results: TensorFlow.Tensor[] = [];
    try {
      results.push(...(await model.execute(fed, wanted)));
      const outputs: Record<string, Tensor> = {};
      for (const [i, name] of wanted.entries()) outputs[name] = await fromTf(results[i] as TensorFlow.Tensor);
      // What is read from a lost context is zeros.
      if (isLost()) throw new PerigeeError('DEVICE_LOST', 'The WebGL context was lost while the model ran.', { details: { backend } });
      return outputs;
    } finally {
      for (const tensor of [...Object.values(fed), ...results]) if (!tensor.isDisposed) tensor.dispose();
    }
  }

  return {
    signature,
    threads: 1,
    run(feeds, wanted = all) {
      const result = last.then(() => (loss ? loss.guard(() => execute(feeds, wanted)) : execute(feeds, wanted))).catch((cause: unknown) => {
        throw explain(cause, 'run', entry, backend);
      });
      last = result.catch(() => undefined);
      return result;
    },
    async dispose() {
      await last;
      model.dispose();
    },
  };
}

function toTf(tf: Tf, { dtype, shape, data }: Tensor): TensorFlow.Tensor {
  return tf.tensor(data as Float32Array, [...shape], dtype as 'float32');
}

async function fromTf(tensor: TensorFlow.Tensor): Promise<Tensor> {
  const { dtype, shape } = tensor;
  const data = await tensor.data();
  // A copy: on the CPU TensorFlow.js hands out the very array it keeps.
  return { dtype, shape: [...shape], data: dtype === 'string' ? [...(data as unknown as string[])] : data.slice() } as unknown as Tensor;
}
