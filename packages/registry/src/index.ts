/**
 * What a model release is: manifests, channels, chunks, and how to find them on a static host.
 *
 * The names below are the package's contract; each is implemented in the file named after it.
 */
export type { Dimension, Dtype, Signature, TensorSignature } from './manifest/signature.ts';
export type { Pipeline, PostprocessStep, PreprocessStep } from './manifest/pipeline.ts';
export type {
  Chunk, Encoding, GoldenSample, GoldenSamples, GoldenTensor, Manifest, ModelFile, ObjectRef, Sha256, Tolerance, Variant,
} from './manifest/manifest.ts';
export type { ChannelFile } from './channel/channel.ts';
