/** What a model release is: manifests, channels, chunks, and how to find them on a static host. Isomorphic: no DOM, no Node. */
export { parseChannelFile } from './channel/parse-channel.ts';
export { assembleFile, checkChunks } from './chunks/assemble.ts';
export { cutExternalFile, cutOnnxFile, cutPlainFile } from './chunks/cut.ts';
export { isSha256, sha256Hex } from './chunks/hash.ts';
export { walkOnnx } from './chunks/onnx-walk.ts';
export * as wire from './chunks/wire.ts';
export { readBounded } from './codecs/bounded-read.ts';
export { decodeChunk, encodeChunk } from './codecs/chunk-codec.ts';
export { gunzip, gzip } from './codecs/gzip.ts';
export { RegistryError } from './error.ts';
export { layout, parseChannelTarget, parseManifestTarget } from './layout.ts';
export { LIMITS } from './manifest/limits.ts';
export { parseGolden } from './manifest/parse-golden.ts';
export { DTYPES, parseManifest } from './manifest/parse-manifest.ts';
export { parsePipeline } from './manifest/parse-pipeline.ts';
export { parseJson } from './manifest/safe-json.ts';
export { toleranceFor } from './manifest/tolerance.ts';
export { buildMetadata } from './metadata/build-metadata.ts';
export { refreshMetadata } from './metadata/refresh-metadata.ts';
export { listVersions, resolveChannelFile, resolveVersion } from './metadata/resolve.ts';
export { DEFAULT_CHANNEL, formatModelRef, isChannelName, parseModelRef } from './model-ref.ts';
export { compareVersion, isVersion, newestInRange } from './version.ts';

export type { ChannelFile } from './channel/channel.ts';
export type { Cut } from './chunks/cut.ts';
export type { ExternalSpan, OnnxModel, TensorSpan } from './chunks/onnx-walk.ts';
export type { WireField } from './chunks/wire.ts';
export type { RegistryErrorCode } from './error.ts';
export type {
  Chunk, Encoding, GoldenSample, GoldenSamples, GoldenTensor, Manifest, ModelFile, ObjectRef, Sha256, Tolerance, Variant, VariantRequirements,
} from './manifest/manifest.ts';
export type { Pipeline, PostprocessStep, PreprocessStep } from './manifest/pipeline.ts';
export type { Dimension, Dtype, Signature, TensorSignature } from './manifest/signature.ts';
export type { Tolerances } from './manifest/tolerance.ts';
export type { RegistryState } from './metadata/build-metadata.ts';
export type { FetchBytes } from './metadata/refresh-metadata.ts';
export type { ResolvedTarget, ResolvedVersion } from './metadata/resolve.ts';
export type { Target } from './metadata/role.ts';
export type { ModelRef } from './model-ref.ts';
