export { PerigeeProvider, usePerigee } from './provider.ts';
export { useModel, useSuspenseModel } from './use-model.ts';
export { usePredict } from './use-predict.ts';
export { usePredictStream } from './use-predict-stream.ts';
export { useStorage, useTelemetry } from './use-device.ts';

export type {
  ModelAddress,
  ModelAt,
  ModelFacts,
  ModelOptions,
  PredictionOptions,
  Predicts,
  PredictsStream,
  QueryState,
  StreamFacts,
  StreamSource,
} from '@perigee/bindings';
export type { PerigeeProviderProps, PollingOptions } from './provider.ts';
export type { UseStorageResult, UseTelemetryResult } from './use-device.ts';
export type { UseModelResult, UseSuspenseModelResult } from './use-model.ts';
export type {
  UsePredictStreamOptions,
  UsePredictStreamResult,
  VideoSource,
} from './use-predict-stream.ts';
export type { ModelWithOutput, UsePredictResult } from './use-predict.ts';
