/**
 * Bounds on everything that a registry makes a device read. A document that exceeds one is refused
 * before it is used. Sizes are in bytes, lengths in UTF-16 units.
 */
export const LIMITS = {
  manifestBytes: 4 * 1024 * 1024,
  metadataBytes: 8 * 1024 * 1024,
  timestampBytes: 64 * 1024,
  goldenBytes: 32 * 1024 * 1024,
  jsonDepth: 32,
  jsonNodes: 2_000_000,
  textLength: 65_536,
  nameLength: 64,
  variants: 32,
  /** Backends that one variant or tolerance can name. */
  backends: 16,
  filesPerVariant: 256,
  chunksPerVariant: 65_536,
  bundlesPerVariant: 4_096,
  bundleBytes: 4 * 1024 * 1024,
  fileBytes: 4 * 1024 * 1024 * 1024,
  chunkBytes: 4 * 1024 * 1024,
  /** Bases that one chunk may have deltas from. */
  deltaBases: 16,
  /** Inputs, or outputs, of a model. */
  tensors: 1_024,
  initializers: 200_000,
  nodes: 1_000_000,
  graphDepth: 32,
  dimensions: 16,
  labels: 100_000,
  segments: 50,
  /** Steps of a pipeline. Each feature of words has one. */
  steps: 256,
  /** Words of one feature. */
  words: 10_000,
  wordLength: 256,
  features: 4_096,
  metrics: 1_024,
  datasets: 256,
  imageSide: 8_192,
  channels: 256,
  revoked: 4_096,
  takenBack: 64,
  experiments: 64,
  arms: 16,
  saltLength: 256,
  targets: 100_000,
  goldenSamples: 256,
  goldenElements: 4_000_000,
} as const;
