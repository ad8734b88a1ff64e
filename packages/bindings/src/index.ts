export { bindingsOf } from './bindings.ts';
export { createPredictionStore } from './prediction-store.ts';
export { createStreamStore } from './stream-store.ts';

export type { Bindings, ModelOptions } from './bindings.ts';
export type { ModelFacts } from './model-facts.ts';
export type { ModelAddress, ModelAt, ModelState, ModelStore } from './model-store.ts';
export type { PredictionOptions, PredictionStore, Predicts } from './prediction-store.ts';
export type { QueryState, Store } from './query.ts';
export type { PredictsStream, StreamFacts, StreamSource, StreamStore } from './stream-store.ts';
