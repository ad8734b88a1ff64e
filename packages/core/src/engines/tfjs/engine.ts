import { PerigeeError } from '../../error.ts';
import type { Tensor, Tensors } from '../../tensor.ts';
import type { Engine, EngineFiles, EngineSession, SessionOptions } from '../engine.ts';
import { startBackend } from './backend.ts';
import type { StartedBackend } from './backend.ts';
import { dryRun } from './dry-run.ts';
import { explain } from './errors.ts';
import { readArtifacts, shardPaths } from './model-json.ts';
import { namedAsIn } from './names.ts';
import { openModel } from './open-model.ts';
import type { OpenedModel, TfTensor } from './opened-model.ts';
import { fromTf, toTf } from './tensors.ts';

/** Runs TensorFlow.js graph and layers models on the backends of TensorFlow.js. */
export const tfjsEngine: Engine = {
  companions: shardPaths,

  async prepare(options) {
    await startBackend(options);
  },

  async create(files: EngineFiles, options) {
    const artifacts = readArtifacts(files);
    const started = await startBackend(options);
    return inTurn(async () => {
      let model: OpenedModel | undefined;
      try {
        model = await openModel(started.tf, artifacts, files.entry);
        const signature = await dryRun(started.tf, model);
        return wrap(
          started,
          namedAsIn({ ...model, signature }, options.names ?? []),
          files.entry,
          options,
        );
      } catch (cause) {
        model?.dispose();
        throw explain(cause, 'open', files.entry, options.backend);
      }
    });
  },
};

let last: Promise<unknown> = Promise.resolve();

/**
 * Runs work one after the other, over all sessions of a thread. TensorFlow.js has one stack of
 * scopes, which own the tensors.
 */
function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const result = last.then(work);
  last = result.catch(() => undefined);
  return result;
}

function wrap(
  { tf, loss, isLost }: StartedBackend,
  model: OpenedModel,
  entry: string,
  { backend }: SessionOptions,
): EngineSession {
  const { signature } = model;
  const all = signature.outputs.map(({ name }) => name);

  async function execute(feeds: Tensors, wanted: readonly string[]): Promise<Tensors> {
    const fed: Record<string, TfTensor> = {};
    const results: TfTensor[] = [];
    try {
      for (const [name, tensor] of Object.entries(feeds)) fed[name] = toTf(tf, tensor);
      results.push(...(await model.execute(fed, wanted)));
      const outputs: Record<string, Tensor> = {};
      for (const [i, name] of wanted.entries())
        outputs[name] = await fromTf(results[i] as TfTensor, name);
      // Reading from a lost context gives zeros.
      if (isLost())
        throw new PerigeeError('DEVICE_LOST', 'The WebGL context was lost while the model ran.', {
          details: { backend },
        });
      return outputs;
    } finally {
      for (const tensor of Object.values(fed)) if (!tensor.isDisposed) tensor.dispose();
      for (const tensor of results)
        if (!tensor.isDisposed && !model.keeps(tensor)) tensor.dispose();
    }
  }

  return {
    signature,
    aliases: model.aliases,
    threads: 1,
    run: (feeds, wanted = all) =>
      inTurn(() =>
        loss ? loss.guard(() => execute(feeds, wanted)) : execute(feeds, wanted),
      ).catch((cause: unknown) => {
        throw explain(cause, 'run', entry, backend);
      }),
    dispose: () => inTurn(async () => model.dispose()),
  };
}
