/** Everything that `doctor()` can find; `docs/doctor.md` has an entry for each. */
export type FindingId =
  | 'updater-failed' | 'check-failed'
  | 'threads-off' | 'workers-absent'
  | 'webgpu-absent' | 'webgpu-software' | 'webgpu-disqualified' | 'native-unavailable'
  | 'wasm-unavailable' | 'wasm-uncompressed' | 'wasm-wrong-type'
  | 'storage-failed' | 'storage-in-memory' | 'storage-not-persisted' | 'storage-nearly-full'
  | 'model-not-kept'
  | 'registry-unreachable' | 'registry-refused' | 'registry-unusable'
  | 'metadata-expired' | 'metadata-stale' | 'metadata-untrusted' | 'clock-wrong'
  | 'telemetry-off' | 'telemetry-unreachable';

/**
 * `error`: something does not work. `warning`: it works worse than it could. `info`: good to know.
 */
export type Severity = 'error' | 'warning' | 'info';

/** Something that is degraded on this device. Each text is one sentence. */
export interface Finding {
  readonly id: FindingId;
  readonly severity: Severity;
  /** The fault and its consequence. */
  readonly what: string;
  readonly why: string;
  /** How to mend it. */
  readonly remedy: string;
}

/** Ends within its bounds. If it throws, or does not end, that becomes a finding. */
export type Check = () => Promise<readonly Finding[]>;
