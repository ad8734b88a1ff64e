/** Calls that the updater worker answers. Types only. */
import type { Variant } from '@perigee/registry';
import type { Latencies } from '@perigee/registry/probation';
import type { TelemetryConfig, TelemetryStatus } from '../config.ts';
import type { Availability, StorageReport, StoredFault } from '../storage-types.ts';
import type { PlatformPort } from '../platform-types.ts';
import type { Flip } from './flips.ts';
import type { AuditEntry } from '../updater/audit-entry.ts';
import type { AuditFacts } from '../updater/audit.ts';
import type { Installed } from '../updater/install.ts';
import type { RegistryOptions } from '../updater/registry-client.ts';
import type { Pointer, StoreKind } from '../store/store.ts';
import type { ModelFacts } from './inference-api.ts';
import type { StoreLocation, WireRequest } from './protocol.ts';

export interface UpdaterInit {
  readonly store: StoreLocation;
  readonly registry: RegistryOptions | null;
  readonly telemetry: TelemetryConfig | null;
}

/** A version that is on this device with every byte verified. */
export interface Candidate {
  readonly ref: string;
  readonly model: string;
  readonly version: string;
  readonly variant: string;
  readonly engine: Variant['engine'];
  readonly sizeBytes: number;
  /** Why this version was chosen: a channel, a rollout, a pin, … */
  readonly reason: string;
}

export type InstallProgress = (loadedBytes: number, totalBytes: number, model?: ModelFacts) => void;

/** Why a version answers from memory and is not in the store. */
export interface NotKept {
  readonly code: 'QUOTA' | 'STORAGE';
  readonly reason: string;
}

/** A candidate that became the version that answers. */
export interface Activated extends Pointer {
  /** Why it is only in memory; null when it is in the store. */
  readonly memoryOnlyReason: string | null;
  /** The fault of the store because of which it is only in memory; null when there was none. */
  readonly memoryOnlyCode: NotKept['code'] | null;
}

/** The version that answers for a reference at this start. */
export interface LocalVersion {
  readonly model: string;
  readonly version: string;
  readonly variant: string;
  readonly engine: Variant['engine'];
  /**
   * Whether the version became active recently and has yet to show that it works; see
   * `reportAnswers`.
   */
  readonly onProbation: boolean;
  readonly sizeBytes: number;
}

/** The version that a registry offers for a reference. */
export interface Offer {
  readonly version: string;
  readonly reason: string;
  readonly downloadBytes: number;
  /** Whether the app rolled this version back on this device; it is then not installed. */
  readonly isLeft: boolean;
}

/** A report on a version's answers since the last report. */
export interface AnswerReport {
  readonly version: string;
  readonly variant: string;
  readonly answers: number;
  readonly latencies: Latencies;
}

export interface AnswerVerdict {
  /** Whether the version is on probation. */
  readonly onProbation: boolean;
  /** Why the version is too slow and must be rolled back; null when it is not. */
  readonly slow: string | null;
  /** Whether no further reports are needed. */
  readonly done: boolean;
}

/** The checks that only the updater worker can make for `doctor()`. */
export interface CheckUp {
  /** The state of the registry; null without a registry. */
  readonly registry: RegistryCheck | null;
  /** The state of telemetry; null without a collector. */
  readonly telemetry: TelemetryCheck | null;
}

export interface TelemetryCheck {
  readonly url: string;
  /** Why nothing is counted; null when it is. */
  readonly off: 'global-privacy-control' | 'consent' | null;
  /** Why the collector cannot accept counts; null when it can. */
  readonly fault: string | null;
}

export interface RegistryCheck {
  readonly base: string;
  /** Why its metadata could not be refreshed; null when it was. */
  readonly fault: { readonly code: string; readonly message: string } | null;
  /** Whether the metadata on this device has expired. */
  readonly isStale: boolean;
  /**
   * Milliseconds by which this device's clock is ahead of other known clocks; negative when behind.
   */
  readonly clockAheadMs: number;
}

/** The methods of the updater worker. */
export interface UpdaterApi {
  /**
   * Initialises the updater. Resolves to the kind of store in use: `memory` where a browser blocks
   * IndexedDB. `onFlip` is called when another tab activated a version. `uploads` has the app's
   * own fetch for telemetry.
   */
  init(
    config: UpdaterInit,
    onFlip: ((flip: Flip) => void) | null,
    request?: WireRequest | null,
    uploads?: WireRequest | null,
  ): Promise<StoreKind>;
  /** Returns the version that answers at a start, without the network. Counts no start. */
  local(ref: string): Promise<LocalVersion | null>;
  /**
   * Says how a load would find the model. Uses the network only when nothing on this device
   * answers.
   */
  availability(ref: string, backends: readonly string[]): Promise<Availability>;
  /** Returns what the registry offers this device for the reference, and why. */
  check(ref: string, backends: readonly string[]): Promise<Offer>;
  /**
   * Downloads and verifies a version. `task` identifies the call for `cancel()`. The first progress
   * report describes the model. A given `variant` is installed whatever the backends are.
   */
  install(
    task: string,
    ref: string,
    backends: readonly string[],
    onProgress: InstallProgress,
    variant?: string,
  ): Promise<Installed>;
  /** Aborts an install, or tells that no trial follows it. */
  cancel(task: string): Promise<void>;
  /**
   * Counts a trial durably before it runs. Resolves to the number of trials so far, including this
   * one.
   */
  beginTrial(candidate: Candidate): Promise<number>;
  /** Tells that a trial ended in an orderly way, whether it passed or failed. */
  endTrial(candidate: Candidate): Promise<void>;
  /**
   * Makes the candidate the version that answers. One that was handed over before it was stored is
   * stored first.
   */
  activate(candidate: Candidate): Promise<Activated>;
  /**
   * Marks a version so that this device never tries it again. `code` is the error code to count;
   * null when nothing is counted.
   */
  reject(candidate: Candidate, reason: string, code: string | null): Promise<void>;
  /**
   * Goes back to the previous version and never takes this one again; null when there is none.
   * `isFaulty`: the version was found faulty; false when the app chose the rollback.
   */
  rollBack(ref: string, reason: string, isFaulty: boolean): Promise<LocalVersion | null>;
  /** Reports good answers of a version; 0 answers when a page just ended in an orderly way. */
  reportAnswers(ref: string, report: AnswerReport): Promise<AnswerVerdict>;
  /**
   * Counts starts of a version on probation that took down their process or page. Resolves to the
   * version that answers after that. `left`: pages that were left in an orderly way.
   */
  countStarts(
    ref: string,
    version: Pick<Candidate, 'version' | 'variant'>,
    left: readonly string[],
  ): Promise<LocalVersion | null>;
  /**
   * Tells that a version on probation is about to be opened or to make its first prediction.
   * Resolves to a token for `endStart`.
   */
  beginStart(
    ref: string,
    version: Pick<Candidate, 'version' | 'variant'>,
    page: string,
  ): Promise<number>;
  /**
   * Tells that the start with this token ended. `hasFailed`: its worker was seen to end during it.
   */
  endStart(token: number, hasFailed: boolean): Promise<void>;
  /**
   * Tells that the process or page ends in an orderly way or is left: what was begun counts as
   * ended. `done` becomes [1], for a thread that waits.
   */
  leave(done: Int32Array | null): Promise<void>;
  /**
   * Stays at a version regardless of the channel, except for revocations; null follows the channel
   * again.
   */
  pin(ref: string, version: string | null): Promise<void>;
  /**
   * Keeps a version from garbage collection while this worker lives, or until a later call whose
   * `loaded` no longer has it. Resolves to false when it is not on this device.
   */
  keep(
    version: Pick<Candidate, 'model' | 'version' | 'variant'>,
    loaded: readonly Pick<Candidate, 'model' | 'version' | 'variant'>[],
  ): Promise<boolean>;
  /** Reads a small value that the page stored, such as the backend that won a trial. */
  recall(key: string): Promise<unknown>;
  remember(key: string, value: unknown): Promise<void>;
  storage(): Promise<StorageReport>;
  verifyStorage(): Promise<StoredFault[]>;
  remove(model: string): Promise<void>;
  /** Checks the registry and the collector within this time. Sends no data. */
  checkUp(timeoutMs: number): Promise<CheckUp>;
  auditLog(): Promise<{
    readonly entries: readonly AuditEntry[];
    readonly brokenAt: number | null;
  }>;
  noteAudit(facts: AuditFacts): Promise<void>;
  /** Seals the counters and sends the queue; with `now`, even if the collector asked to wait. */
  flushTelemetry(now: boolean): Promise<TelemetryStatus>;
  telemetryStatus(): Promise<TelemetryStatus>;
  /** Records the user's decision; `false` also deletes the counts. */
  setConsent(given: boolean): Promise<void>;
  /** Describes the next payload. */
  previewTelemetry(): Promise<unknown>;
  /** Serves the store in memory to an inference worker on this port. */
  shareStore(port: PlatformPort): Promise<void>;
}
