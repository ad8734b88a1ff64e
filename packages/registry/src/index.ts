/**
 * Model releases: manifests, channels, chunks, signed metadata, and how to find them on a static
 * host. Isomorphic: no DOM, no Node.
 */
export { isAbsent, mayBeAbsent } from './absent.ts';
export { BUCKETS, rolloutBucket } from './channel/bucket.ts';
export { blockedBy, chooseFromChannel } from './channel/choose-version.ts';
export { pointTo, startRollout, takeBack } from './channel/moves.ts';
export { parseChannelFile } from './channel/parse-channel.ts';
export { assembleFile, checkChunks } from './chunks/assemble.ts';
export { bundleChunks, splitBundle } from './chunks/bundles.ts';
export { cutExternalFile, cutOnnxFile, cutPlainFile } from './chunks/cut.ts';
export { isSha256, sha256Hex } from './chunks/hash.ts';
export { readValueInfo } from './chunks/onnx-signature.ts';
export { walkOnnx } from './chunks/onnx-walk.ts';
export * as wire from './chunks/wire.ts';
export * as wireWrite from './chunks/wire-write.ts';
export { readBounded } from './codecs/bounded-read.ts';
export { decodeChunk, encodeChunk } from './codecs/chunk-codec.ts';
export { gunzip, gzip } from './codecs/gzip.ts';
export { decodeDelta, encodeDelta } from './deltas/delta.ts';
export { encodeDeltaIndex, parseDeltaIndex } from './deltas/delta-index.ts';
export { RegistryError } from './error.ts';
export { layout, parseChannelTarget, parseManifestTarget } from './layout.ts';
export { BACKENDS } from './manifest/backends.ts';
export { LIMITS } from './manifest/limits.ts';
export { parseGolden } from './manifest/parse-golden.ts';
export { DTYPES, parseManifest } from './manifest/parse-manifest.ts';
export { readGovernance } from './manifest/parse-governance.ts';
export { reader } from './manifest/reader.ts';
export { parsePipeline } from './manifest/parse-pipeline.ts';
export { parseJson } from './manifest/safe-json.ts';
export { inputFeatures, wordFeatures } from './manifest/tabular-features.ts';
export { spreadLists } from './manifest/spread-lists.ts';
export { toleranceFor } from './manifest/tolerance.ts';
export {
  buildFirstMetadata,
  buildMetadata,
  channelsKeys,
  rootSigned,
  withChannelsKeys,
} from './metadata/build-metadata.ts';
export { channelHistory } from './metadata/channel-history.ts';
export {
  channelsRole,
  CHANNELS_ROLE,
  loadRegistry,
  refreshRegistry,
  stateOf,
} from './metadata/registry-state.ts';
export {
  listVersions,
  modelNames,
  resolveChannelFile,
  resolveVersion,
} from './metadata/resolve.ts';
export { DEFAULT_CHANNEL, formatModelRef, isChannelName, parseModelRef } from './model-ref.ts';
export { memoryTrust } from './tuf/memory-trust.ts';
export { loadTrusted, refreshTrusted } from './tuf/refresh.ts';
export { findTarget, targetPath, verifyTarget } from './tuf/find-target.ts';
export { parseMetadata } from './tuf/parse-metadata.ts';
export { addSignature, createKeyPair, keyidOf, signMetadata } from './tuf/sign.ts';
export { compareVersion, isVersion } from './semver.ts';
export { newestInRange } from './version.ts';

export type { Channel, ChannelFile, Experiment, Revocation, Rollout } from './channel/channel.ts';
export type { ChannelChange } from './metadata/channel-history.ts';
export type { ChosenVersion, Chooser } from './channel/choose-version.ts';
export type { Cut } from './chunks/cut.ts';
export type { ExternalSpan, OnnxModel, TensorSpan } from './chunks/onnx-walk.ts';
export type { WireField } from './chunks/wire.ts';
export type { ElementWidth } from './codecs/byte-planes.ts';
export type { DeltaIndex } from './deltas/delta-index.ts';
export type { RegistryErrorCode } from './error.ts';
export type { BackendName } from './manifest/backends.ts';
export type {
  Bundle,
  Chunk,
  Dataset,
  Encoding,
  GoldenSample,
  GoldenSamples,
  GoldenTensor,
  Governance,
  Manifest,
  Metric,
  ModelFile,
  ObjectRef,
  Sha256,
  Tolerance,
  Variant,
  VariantRequirements,
} from './manifest/manifest.ts';
export type {
  InputFeatures,
  Pipeline,
  PostprocessStep,
  PreprocessStep,
} from './manifest/pipeline.ts';
export type { Dimension, Dtype, Signature, TensorSignature } from './manifest/signature.ts';
export type { Tolerances } from './manifest/tolerance.ts';
export type { ExpiryDays, MetadataChange, RegistryRoles, Sign } from './metadata/build-metadata.ts';
export type { RegistryState, Target } from './metadata/registry-state.ts';
export type { ResolvedTarget, ResolvedVersion } from './metadata/resolve.ts';
export type { ModelRef } from './model-ref.ts';
export type { DelegatedRole, Key, RoleKeys, Root, Signed, Targets } from './tuf/metadata.ts';
export type { FetchMetadata, RefreshOptions, TrustedMetadata, TrustStore } from './tuf/refresh.ts';
export type { PublicKeyObject, SigningKey } from './tuf/sign.ts';
