import { later } from '../clock.ts';
import type { PredictOptions } from '../config.ts';
import { snapshotFeeds, snapshotInput } from './calls/input.ts';
import type { Snapshot } from './calls/input.ts';
import type { PoolAnswer } from './calls/pool-call.ts';
import type { PredictTools } from './calls/predict-many.ts';
import type { WorkerPool } from './calls/worker-pool.ts';
import type { Emitter } from './events.ts';
import { planSearch, searchAfter } from './faster-search.ts';
import { PREDICT, RUN, checkOptions } from './loading/check-options.ts';
import type { Rules } from './loading/check-options.ts';
import { MAIN_BUNDLE } from './main-bundle.ts';
import { DEFAULT_MAX_QUEUE, createModelState, disposeModel, livingPool } from './model-state.ts';
import type { AnswerListener, ModelOptions, ModelState } from './model-state.ts';
import type { Model, ModelEvents, Prediction } from '../model-types.ts';
import type { PredictInput } from '../input-types.ts';
import type { BufferPool } from '../rpc/buffer-pool.ts';
import { predictionId } from '../rpc/answers.ts';
import type { LoadedVersion } from './versions/open-version.ts';
import type { ModelVersions } from './versions/model-versions.ts';

export interface ModelHandle extends Model {
  /** The workers of the version in use. */
  readonly pool: WorkerPool;
  /** Writes counters to the store; does nothing when nothing is counted. */
  record(): Promise<void>;
  readonly emit: Emitter<ModelEvents>['emit'];
  /** Adds a listener. Returns a function that removes it. */
  onAnswer(listener: AnswerListener): () => void;
}

/**
 * Creates the handle that the app holds. The workers behind it are replaced when they end, for a
 * faster backend, or for a newer version.
 */
export function createModel(
  name: string,
  first: LoadedVersion,
  options: ModelOptions,
): ModelHandle {
  const state = createModelState(name, first, options);
  planSearch(state);
  // After the first call, if the app makes it at once.
  later(() => import('./refusals.ts').then((late) => late.fetchAhead(), String), 0);

  const model: ModelHandle = {
    name,
    get pool() {
      return state.pool;
    },
    get version() {
      return state.current.version;
    },
    get variant() {
      return state.current.variant;
    },
    get backend() {
      return state.pool.backend;
    },
    get engine() {
      return state.pool.opened.engine;
    },
    get threads() {
      return state.pool.opened.threads;
    },
    get inPlace() {
      return state.pool.opened.inPlace;
    },
    get signature() {
      return state.pool.opened.signature;
    },
    get manifest() {
      return state.pool.opened.manifest;
    },
    get loadTiming() {
      return state.pool.opened.timing;
    },
    get trials() {
      return state.trials;
    },

    ...callsOf(state),
    feedback: async (id, groundTruth) => livingPool(state).feedback(id, groundTruth),

    checkForUpdate: async (given) => (await versionsOf(state, model)).checkForUpdate(given),
    update: async (given) => (await versionsOf(state, model)).update(given),
    rollback: async (reason) => (await versionsOf(state, model)).rollback(reason),
    pin: async (on) => (await versionsOf(state, model)).pin(on),

    on: state.events.on,
    emit: state.events.emit,
    onAnswer(listener) {
      state.listeners.add(listener);
      return () => state.listeners.delete(listener);
    },
    async record() {
      if (!state.disposal.signal.aborted) await state.pool.record();
    },
    async dispose() {
      state.room.models.delete(model);
      await disposeModel(state);
      state.room.budget?.fit();
    },
    [Symbol.asyncDispose]() {
      return model.dispose();
    },
  };
  return model;
}

/** The methods of a model that run it. */
function callsOf(
  state: ModelState,
): Pick<Model, 'predict' | 'predictMany' | 'predictStream' | 'run'> {
  const { workers = 1, maxQueue = DEFAULT_MAX_QUEUE } = state.options;
  const predict: Model['predict'] = (input, options = {}) => predictOne(state, input, options);
  const tools: PredictTools<PredictInput, Prediction> = {
    main: MAIN_BUNDLE,
    predict,
    rules: PREDICT,
    maxQueue,
  };
  return {
    predict,
    predictMany: async (inputs, options = {}) =>
      (await import('./calls/predict-several.ts')).predictMany(inputs, options, tools),

    async *predictStream(inputs, options = {}) {
      const { predictStream } = await import('./calls/predict-several.ts');
      // Two calls for each worker: one runs and one waits.
      yield* predictStream(inputs, options, 2 * workers, tools);
    },

    async run(feeds, options = {}) {
      checkCall('run()', options, RUN);
      const { outputs, transfer = false } = options;
      const taken = snapshotFeeds(feeds, outputs, transfer, buffersOf(state));
      const { answer } = await send(state, taken, options);
      return answer.outputs;
    },
  };
}

/** Copies the input synchronously. Only an input that must be drawn or is refused delays the call. */
async function predictOne(
  state: ModelState,
  input: PredictInput,
  options: PredictOptions,
): Promise<Prediction> {
  let answered: PoolAnswer;
  try {
    checkCall('predict()', options, PREDICT);
    const taken = snapshotInput(input, options.transfer ?? false, buffersOf(state));
    answered = await send(state, taken, options);
  } catch (error) {
    state.listeners.forEach((listener) => listener.failed(error));
    throw error;
  }
  const { answer, idPrefix } = answered;
  state.listeners.forEach((listener) => listener.answered(answer.timing));
  return { ...answer, id: predictionId(idPrefix, answer.id) };
}

function checkCall(method: string, options: PredictOptions, rules: Rules): void {
  checkOptions(method, options, rules);
  options.signal?.throwIfAborted();
}

function buffersOf({ current }: ModelState): BufferPool {
  return current.request.recipe.buffers;
}

async function send(
  state: ModelState,
  taken: Snapshot | Promise<Snapshot>,
  options: PredictOptions,
): Promise<PoolAnswer> {
  const snapshot = taken instanceof Promise ? await taken : taken;
  const call = (): Promise<PoolAnswer> => {
    options.signal?.throwIfAborted();
    return livingPool(state).call(snapshot, options);
  };
  const { guard } = state.current;
  const answered = await (guard ? guard(call) : call());
  searchAfter(state, answered.answer.timing);
  return answered;
}

/** @throws PerigeeError INVALID_CONFIG for a bare file */
async function versionsOf(state: ModelState, model: ModelHandle): Promise<ModelVersions> {
  livingPool(state);
  const { createModelVersions } = await import('./versions/versions.ts');
  return createModelVersions(MAIN_BUNDLE, state, model, planSearch);
}
