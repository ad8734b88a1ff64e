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
  ModelWithOutput,
  PollingOptions,
  PredictionOptions,
  Predicts,
  PredictsStream,
  QueryState,
  StreamFacts,
  StreamSource,
  VideoSource,
} from '@perigee/bindings';
export type { PerigeeProviderProps } from './provider.ts';
export type { UseStorageResult, UseTelemetryResult } from './use-device.ts';
export type { UseModelResult, UseSuspenseModelResult } from './use-model.ts';
export type { UsePredictStreamOptions, UsePredictStreamResult } from './use-predict-stream.ts';
export type { UsePredictResult } from './use-predict.ts';
