import type { BackendChoice } from '../../config.ts';
import type { EarlyWorker, OpenRecipe } from '../backends/open-worker.ts';
import type { ModelFacts } from '../../rpc/inference-api.ts';
import type { VersionContext } from './versions.ts';

/** Starts a worker and the runtime that a model needs, while the model's bytes are downloaded. */
export function startEarly(
  {
    runtime,
    startWorker,
    optionsFor,
  }: Pick<VersionContext, 'runtime' | 'startWorker' | 'optionsFor'>,
  recipe: OpenRecipe,
  wanted: BackendChoice,
  facts: ModelFacts,
): EarlyWorker {
  const kind = facts.engine === 'tfjs' ? 'tfjs' : 'inference';
  const connection = startWorker(runtime, recipe, kind);
  const auto = wanted === 'auto';
  // A failure occurs again when the model is opened, and is reported then.
  connection
    .call(
      'prepare',
      facts,
      optionsFor(runtime, recipe, auto ? runtime.startBackends : [wanted], auto, 'none'),
    )
    .catch(() => undefined);
  return { kind, connection };
}
