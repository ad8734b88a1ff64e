import type { Backend, LoadOptions } from '../../config.ts';
import type { EarlyWorker } from '../backends/open-worker.ts';
import type { PerigeeState } from '../perigee-state.ts';
import type { ModelFacts } from '../../rpc/inference-api.ts';
import type { Runtime } from '../../runtime/runtime.ts';

/** Starts a worker and the runtime that a model needs, while the model's bytes are downloaded. */
export function startEarly(
  { runtime, config, buffers, main }: PerigeeState,
  options: LoadOptions,
  facts: ModelFacts,
): EarlyWorker {
  const kind = facts.engine === 'tfjs' ? 'tfjs' : 'inference';
  const settings = main.settingsOf(options, config);
  const connection = main.startWorker(runtime, { ...settings, buffers }, kind);
  const prepared = main.openOptions(runtime, settings, {
    backends: backendsOf(runtime, options),
    auto: (options.backend ?? 'auto') === 'auto',
    trial: 'none',
  });
  // A failure occurs again when the model is opened, and is reported then.
  connection
    .call('prepare', facts, { ...prepared, compiled: main.compiled })
    .catch(() => undefined);
  return { kind, connection };
}

/** The backends to choose a variant for; with `auto`, the safe backends that a model starts on. */
export function backendsOf(
  { startBackends }: Runtime,
  { backend = 'auto' }: LoadOptions,
): readonly Backend[] {
  return backend === 'auto' ? startBackends : [backend];
}
