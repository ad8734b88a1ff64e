export { bindingsOf } from './bindings.ts';
export { copyOf } from './copy-of.ts';
export { createPredictionStore } from './prediction-store.ts';
export { createStreamStore } from './stream-store.ts';
export { poll, polled } from './poll.ts';

export type { Bindings, ModelOptions } from './bindings.ts';
export type { ModelFacts } from './model-facts.ts';
export type { ModelAddress, ModelAt, ModelState, ModelStore } from './model-store.ts';
export type { ModelFor, ModelWithOutput, SourceFor, VideoSource } from './model-types.ts';
export type { PollingOptions } from './poll.ts';
export type { PredictionOptions, PredictionStore, Predicts } from './prediction-store.ts';
export type { QueryState, Store } from './query.ts';
export type {
  PredictsStream,
  StreamFacts,
  StreamFollowOptions,
  StreamSource,
  StreamStore,
} from './stream-store.ts';
