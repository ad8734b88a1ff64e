import type { BackendChoice } from './config.ts';
import type { EarlyWorker, OpenRecipe } from './open-worker.ts';
import type { ModelFacts } from './rpc/protocol.ts';
import type { VersionContext } from './versions.ts';

/** Starts a worker, and in it the runtime that a model will need, while the model's bytes are still on their way. */
export function startEarly({ runtime, startWorker, optionsFor }: Pick<VersionContext, 'runtime' | 'startWorker' | 'optionsFor'>, recipe: OpenRecipe, wanted: BackendChoice, facts: ModelFacts): EarlyWorker {
  const kind = facts.engine === 'tfjs' ? 'tfjs' : 'inference';
  const connection = startWorker(runtime, recipe, kind);
  const auto = wanted === 'auto';
  // Its failure is met again, and told, when the model is opened.
  connection.call('prepare', facts, optionsFor(runtime, recipe, auto ? runtime.startBackends : [wanted], auto, 'none')).catch(() => undefined);
  return { kind, connection };
}
