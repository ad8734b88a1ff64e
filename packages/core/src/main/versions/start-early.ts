import type { Backend, LoadOptions } from '../../config.ts';
import type { EarlyWorker } from '../backends/open-worker.ts';
import { fileBytesOf, memoryOf, workersOf } from '../memory-of.ts';
import type { PerigeeState } from '../perigee-state.ts';
import type { ModelFacts, OpenOptions } from '../../rpc/inference-api.ts';
import type { StoreLocation } from '../../rpc/protocol.ts';
import type { Runtime } from '../../runtime/runtime.ts';

/**
 * Starts the worker that most models need, before it is known which model will be opened. Its script
 * is evaluated and the store is opened while the metadata is fetched. Undefined if the memory budget
 * has no room for one more worker.
 */
export function startEarly(
  state: PerigeeState,
  options: LoadOptions,
  store: StoreLocation,
  kind: EarlyWorker['kind'] = 'inference',
): EarlyWorker | undefined {
  const { runtime, config, buffers, main, openings, disposal } = state;
  if (!hasRoom(state)) return undefined;
  const settings = main.settingsOf(options, config);
  const connection = main.startWorker(runtime, { ...settings, buffers }, kind);
  // A failure occurs again when the model is opened, and is reported then.
  if (store.kind !== 'memory') connection.call('attach', store, null, false).catch(() => undefined);
  const early: EarlyWorker = { kind, connection };
  const opening = { fileBytes: 0, signal: disposal.signal, early, isEarly: true } as const;
  openings.add(opening);
  connection.endings.add(() => openings.delete(opening));
  return early;
}

/** Whether another worker fits. The first one may always be started. */
function hasRoom({ config, models, openings, files }: PerigeeState): boolean {
  const { memoryBudgetMB = Infinity } = config;
  let bytes = memoryOf(0, openings.size);
  for (const model of [...models.keys(), ...files.models.keys()])
    bytes += memoryOf(fileBytesOf(model), workersOf(model));
  return bytes === 0 || bytes + memoryOf(0, 1) <= memoryBudgetMB * 1024 * 1024;
}

/**
 * Starts the runtime that a model needs in an early worker, while the model's bytes are downloaded.
 * Returns the worker, which is another one if the model needs another kind.
 */
export function prepareEarly(
  state: PerigeeState,
  options: LoadOptions,
  store: StoreLocation,
  facts: ModelFacts,
  started: EarlyWorker | undefined,
): EarlyWorker | undefined {
  const kind = kindFor(facts);
  if (started && started.kind !== kind) endEarly(state, started);
  const early = started?.kind === kind ? started : startEarly(state, options, store, kind);
  if (!early) return undefined;
  early.connection
    .call('prepare', facts, optionsWithoutTrial(state, options))
    .catch(() => undefined);
  return early;
}

export function kindFor({ engine }: ModelFacts): EarlyWorker['kind'] {
  return engine === 'tfjs' ? 'tfjs' : 'inference';
}

/** Options to open a model without a trial. */
export function optionsWithoutTrial(
  { runtime, config, main }: PerigeeState,
  options: LoadOptions,
): OpenOptions {
  const opened = main.openOptions(runtime, main.settingsOf(options, config), {
    backends: backendsOf(runtime, options),
    auto: (options.backend ?? 'auto') === 'auto',
    trial: 'none',
  });
  return { ...opened, compiled: main.compiled };
}

/** Ends an early worker in which no model was opened. */
export function endEarly({ main }: PerigeeState, { connection }: EarlyWorker): void {
  connection.end(new main.PerigeeError('DISPOSED', 'The load failed.'));
}

/** The backends to choose a variant for; with `auto`, the safe backends that a model starts on. */
export function backendsOf(
  { startBackends }: Runtime,
  { backend = 'auto' }: LoadOptions,
): readonly Backend[] {
  return backend === 'auto' ? startBackends : [backend];
}
