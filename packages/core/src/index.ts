export { createPerigee } from './main/create-perigee.ts';
export { PerigeeError } from './error.ts';
export { loadModel } from './main/load-model.ts';

export type {
  Backend,
  BackendChoice,
  LoadOptions,
  LoadPhase,
  LoadProgress,
  ModelFormat,
  PerigeeConfig,
  PerigeeEvents,
  PredictOptions,
  Priority,
  RequestOptions,
  TelemetryConfig,
  TelemetryStatus,
  UpdateStrategy,
} from './config.ts';
export type { Perigee } from './main/create-perigee.ts';
export type { Finding, FindingId, Severity } from './main/doctor/finding.ts';
export type { ErrorCode, PerigeeErrorOptions } from './error.ts';
export type { LoadModelOptions } from './main/load-model.ts';
export type { OutsideTraining } from '@perigee/profile';
export type {
  Classification,
  GeneralTypes,
  LabelScore,
  LoadTiming,
  Model,
  ModelEvents,
  ModelTypes,
  Prediction,
  RunOptions,
  StreamOptions,
  Timing,
  Trial,
  UpdateCheck,
} from './model-types.ts';
export type {
  ImageInput,
  InputValue,
  NestedValues,
  PredictInput,
  TabularInput,
  TensorInput,
  ValueList,
} from './input-types.ts';
export type {
  Availability,
  ListedModel,
  LoadedModel,
  StorageReport,
  StoredFault,
  StoredModel,
} from './storage-types.ts';
export type { ModelSource } from './main/loading/model-source.ts';
export type { Tensor, TensorData, Tensors } from './tensor.ts';
export type {
  FileTypes,
  KnownRef,
  KnownSource,
  DeclaredModel,
  DeclaredTensor,
  ModelFrom,
  ModelNamed,
  ModelsByName,
  ModelsByUrl,
  ModelUrl,
  TypesOf,
} from './typed-models.ts';
export type { AuditEntry, AuditEvent } from './updater/audit-entry.ts';
