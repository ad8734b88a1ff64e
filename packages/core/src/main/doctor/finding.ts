/** All findings of `doctor()`; `docs/doctor.md` describes each. */
export type FindingId =
  | 'updater-failed'
  | 'check-failed'
  | 'threads-off'
  | 'workers-absent'
  | 'webgpu-absent'
  | 'webgpu-not-imported'
  | 'webgpu-software'
  | 'webgpu-disqualified'
  | 'native-unavailable'
  | 'wasm-unavailable'
  | 'wasm-uncompressed'
  | 'wasm-wrong-type'
  | 'storage-failed'
  | 'storage-in-memory'
  | 'storage-not-persisted'
  | 'storage-nearly-full'
  | 'model-not-kept'
  | 'registry-unreachable'
  | 'registry-refused'
  | 'registry-unusable'
  | 'metadata-expired'
  | 'metadata-stale'
  | 'metadata-untrusted'
  | 'clock-wrong'
  | 'telemetry-off'
  | 'telemetry-unreachable';

/**
 * `error`: something does not work. `warning`: it works worse than it could. `info`: good to know.
 */
export type Severity = 'error' | 'warning' | 'info';

/** A degraded part of this device. Each text is one sentence. */
export interface Finding {
  readonly id: FindingId;
  readonly severity: Severity;
  /** The fault and its consequence. */
  readonly what: string;
  /** The cause. */
  readonly why: string;
  /** How to mend it. */
  readonly remedy: string;
}

/** A check with its own time limit. If it throws or does not end, that becomes a finding. */
export type Check = () => Promise<readonly Finding[]>;
