import type { Sha256 } from '@perigee/registry';

/** Life of a version on a device; see the glossary in ARCHITECTURE.md. */
export type VersionState = 'staging' | 'verified' | 'active' | 'previous' | 'bad';

export interface VersionRecord {
  readonly model: string;
  readonly version: string;
  readonly variant: string;
  readonly state: VersionState;
  /** The manifest's bytes as they were checked. */
  readonly manifest: Uint8Array;
  readonly manifestSha256: Sha256;
  /** Digests of every chunk and object (golden, reference, …) this version needs. */
  readonly objects: readonly Sha256[];
  readonly sizeBytes: number;
  /** Why it is bad. */
  readonly reason?: string;
  /** The app, or a person, went back from it: it did not fail, and is left alone all the same. */
  readonly rolledBack?: true;
  /** When a bad version may be tried again; never where this is absent. */
  readonly retryAtMs?: number;
  /** How often it was left to be tried again later. */
  readonly timesSetAside?: number;
  /** Trials begun; written before a trial, so that a crash is seen at the next start. */
  readonly attempts: number;
  /** There was no room for it; it ends with its worker. */
  readonly isInMemory?: true;
}

/** Which version answers for a model reference (`digits@stable`). */
export interface Pointer {
  readonly ref: string;
  readonly model: string;
  readonly active: { readonly version: string; readonly variant: string };
  readonly previous: { readonly version: string; readonly variant: string } | null;
  /** Grows by one with every flip; compared before the next one. */
  readonly epoch: number;
}

/** A record of telemetry: bytes under a key, with what the queue needs to know about them. */
export interface QueuedBatch {
  readonly batchId: string;
  readonly sealedAtMs: number;
  /** Whether `bytes` are gzipped. */
  readonly gzip: boolean;
  readonly bytes: Uint8Array;
}

/** A value as it was read; undefined where there was none. */
export interface ReadValue {
  readonly key: string;
  readonly value: unknown;
}

/** A value that a batch holds. */
export interface SealedValue extends ReadValue {
  readonly value: Uint8Array | string;
}

export interface SizedObject {
  readonly sha256: Sha256;
  readonly sizeBytes: number;
}

export type StoreKind = 'indexeddb' | 'memory' | 'file-system';

/**
 * Durable local state of one origin or folder. Every method is atomic: it happened, or it did not. Reads see only
 * committed writes. `getX` resolves to undefined for what is not there. After `close()` every method rejects with STORAGE.
 */
export interface ModelStore {
  readonly kind: StoreKind;

  /** Bytes whose digest the caller has verified. Writing an existing digest again is a no-op. Relaxed durability. */
  putObjects(objects: readonly { readonly sha256: Sha256; readonly bytes: Uint8Array }[]): Promise<void>;
  /** In the order asked; undefined where missing. */
  getObjects(digests: readonly Sha256[]): Promise<(Uint8Array | undefined)[]>;
  /** Which of these are not here. Reads no values. */
  missingObjects(digests: readonly Sha256[]): Promise<Sha256[]>;
  deleteObjects(digests: readonly Sha256[]): Promise<void>;
  /** Digest and size of all that is here. */
  listObjects(): Promise<SizedObject[]>;
  /** Puts a file's objects, which are all here, into one piece where that is read faster. They stay objects like any others. Atomic. */
  packFile(sha256: Sha256, chunks: readonly SizedObject[]): Promise<void>;
  /** A file in one piece, not verified; undefined where it is only there as objects. `chunks` are its objects, in order. */
  getFile(sha256: Sha256, chunks: readonly SizedObject[]): Promise<Uint8Array<ArrayBuffer> | undefined>;

  /** Strict durability. */
  putVersion(record: VersionRecord): Promise<void>;
  getVersion(model: string, version: string, variant: string): Promise<VersionRecord | undefined>;
  listVersions(model?: string): Promise<VersionRecord[]>;
  deleteVersion(model: string, version: string, variant: string): Promise<void>;

  getPointer(ref: string): Promise<Pointer | undefined>;
  listPointers(): Promise<Pointer[]>;
  /**
   * In one strict transaction: the pointer's epoch is compared with `expectedEpoch` (0: there is none yet), the pointer becomes
   * { active: to, previous: old active, epoch + 1 }, `to` becomes state active, the old active becomes previous.
   * `beside` are values put in the same transaction. Resolves to the new pointer, or undefined when the epoch had moved.
   */
  flip(ref: string, to: { readonly model: string; readonly version: string; readonly variant: string }, expectedEpoch: number, beside?: Readonly<Record<string, unknown>>): Promise<Pointer | undefined>;
  deletePointer(ref: string): Promise<void>;

  /** Small values by name. */
  getValue(key: string): Promise<unknown>;
  putValue(key: string, value: unknown): Promise<void>;
  deleteValue(key: string): Promise<void>;
  /**
   * In one strict transaction: when every value is still the one that was read, those of `next` are
   * put, and deleted where they are undefined. Else nothing happens and it resolves to false: the
   * caller reads again and plans anew.
   */
  changeValues(read: readonly ReadValue[], next: Readonly<Record<string, unknown>>): Promise<boolean>;
  /** Adds an encoded profile to the one under this key, in one transaction: nothing is lost between workers, nor counted twice by a seal in between. */
  mergeProfile(key: string, profile: Uint8Array): Promise<void>;
  /** Names of values beginning with `prefix`. */
  listValues(prefix: string): Promise<string[]>;
  /** The same with what they are, all as they were at one moment. */
  getValues(prefix: string): Promise<(readonly [key: string, value: unknown])[]>;

  /**
   * In one strict transaction: when every value is still the one that was read, the batch is added and those values are deleted. Else nothing
   * happens and it resolves to false: what was counted meanwhile would be lost, or what another tab sealed be sent twice.
   */
  addBatch(batch: QueuedBatch, sealed: readonly SealedValue[]): Promise<boolean>;
  /** The batches in the order in which they were added. */
  listBatches(): Promise<QueuedBatch[]>;
  deleteBatch(batchId: string): Promise<void>;

  close(): Promise<void>;
}
