import type { Chunk, ModelFile, Sha256 } from '@perigee/registry';
import type { StoredFile } from '../engines/engine.ts';
import type { StorageReport } from '../storage-types.ts';

/** The state of a version on a device; see the glossary in ARCHITECTURE.md. */
export type VersionState = 'staging' | 'verified' | 'active' | 'previous' | 'bad';

export interface VersionRecord {
  readonly model: string;
  readonly version: string;
  readonly variant: string;
  readonly state: VersionState;
  /** The verified bytes of the manifest. */
  readonly manifest: Uint8Array;
  readonly manifestSha256: Sha256;
  /** Digests of all chunks and objects (golden samples, reference, …) that this version needs. */
  readonly objects: readonly Sha256[];
  readonly sizeBytes: number;
  /** Why the version is bad. */
  readonly reason?: string;
  /** The app or a person rolled this version back. It did not fail, but is not installed again. */
  readonly rolledBack?: true;
  /** When a bad version may be tried again, in milliseconds since 1970; absent for never. */
  readonly retryAtMs?: number;
  /** How often the version was set aside to be tried again later. */
  readonly timesSetAside?: number;
  /**
   * Number of trials that began and did not end. Written before a trial, so that the next start
   * sees a crash.
   */
  readonly attempts: number;
  /** The version did not fit into the store. It is in memory and lost when its worker ends. */
  readonly isInMemory?: true;
}

/** The name of a version on a device. */
export type VersionName = Pick<VersionRecord, 'model' | 'version' | 'variant'>;

/** The version that answers for a model reference (`digits@stable`). */
export interface Pointer {
  readonly ref: string;
  readonly model: string;
  readonly active: { readonly version: string; readonly variant: string };
  readonly previous: { readonly version: string; readonly variant: string } | null;
  /** Incremented by every flip and compared before the next one. */
  readonly epoch: number;
}

/** A sealed telemetry batch, with what the queue needs to know about it. */
export interface QueuedBatch {
  readonly batchId: string;
  readonly sealedAtMs: number;
  /** Whether `bytes` are gzipped. */
  readonly gzip: boolean;
  readonly bytes: Uint8Array;
}

/** A value as it was read; undefined for an absent value. */
export interface ReadValue {
  readonly key: string;
  readonly value: unknown;
}

/** A value that was sealed into a batch. */
export interface SealedValue extends ReadValue {
  readonly value: Uint8Array | string;
}

export interface SizedObject {
  readonly sha256: Sha256;
  readonly sizeBytes: number;
}

export type StoreKind = StorageReport['kind'];

/** A file of a store that is open. */
export interface OpenFile extends StoredFile {
  /** Settles when all of its bytes have been checked. Rejects with a RegistryError INTEGRITY. */
  readonly verified: Promise<void>;
}

/** The bytes of model files, by digest. */
export interface ObjectStore {
  /**
   * Stores bytes whose digests the caller has verified. Writing an existing digest again does
   * nothing. Relaxed durability.
   */
  putObjects(
    objects: readonly { readonly sha256: Sha256; readonly bytes: Uint8Array }[],
  ): Promise<void>;
  /** Returns objects in the order of the digests; undefined for missing ones. */
  getObjects(digests: readonly Sha256[]): Promise<(Uint8Array | undefined)[]>;
  /** Returns the digests of missing objects. Reads no bytes. */
  missingObjects(digests: readonly Sha256[]): Promise<Sha256[]>;
  deleteObjects(digests: readonly Sha256[]): Promise<void>;
  /** Lists the digest and size of all objects. */
  listObjects(): Promise<SizedObject[]>;
  /**
   * Packs a file's objects, which must all be stored, into one piece where that is faster to read.
   * They remain readable as objects. Atomic.
   */
  packFile(sha256: Sha256, chunks: readonly SizedObject[]): Promise<void>;
  /**
   * Stores a file whose chunks the caller has verified, in one piece where that is faster to read.
   * Its objects need not be stored before. They are readable as objects afterwards. Atomic where the
   * file is one piece.
   */
  putFile(sha256: Sha256, chunks: readonly SizedObject[], whole: Blob): Promise<void>;
  /**
   * Returns a packed file, not verified; undefined when it is not packed. `chunks` are its objects,
   * in order.
   */
  getFile(
    sha256: Sha256,
    chunks: readonly SizedObject[],
  ): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /**
   * Opens a file to read it in parts. A folder packs it before if need be; the database opens only a
   * Blob. Undefined where that is not possible.
   */
  openFile(file: ModelFile, chunks: readonly Chunk[]): Promise<OpenFile | undefined>;
  /** Takes a damaged packed file apart. Its objects that are intact remain readable. */
  takeApart(sha256: Sha256): Promise<void>;
}

/** The records of versions. */
export interface VersionStore {
  /** Puts a whole record, whatever is stored. Strict durability. */
  putVersion(record: VersionRecord): Promise<void>;
  getVersion(model: string, version: string, variant: string): Promise<VersionRecord | undefined>;
  listVersions(model?: string): Promise<VersionRecord[]>;
  deleteVersion(model: string, version: string, variant: string): Promise<void>;
  /**
   * Records a version that is to be fetched, in one strict transaction. If it is recorded already,
   * its state and its number of attempts stay, which other tabs change meanwhile. A bad version gets
   * the state of `record`.
   */
  stageVersion(record: VersionRecord): Promise<void>;
  /**
   * Changes parts of a version's record in one strict transaction, if its state is one of `from`.
   * The other parts stay as other tabs leave them. Does nothing without such a version.
   */
  changeVersion(
    named: VersionName,
    from: readonly VersionState[],
    changes: Partial<VersionRecord>,
  ): Promise<void>;
  /**
   * Adds to a version's number of attempts in one strict transaction, so that tabs which try it at
   * once lose no count. Resolves to the new number, which is at least 0; 0 without such a version.
   */
  addAttempts(model: string, version: string, variant: string, by: 1 | -1): Promise<number>;
}

/** The version that answers for each reference. */
export interface PointerStore {
  getPointer(ref: string): Promise<Pointer | undefined>;
  listPointers(): Promise<Pointer[]>;
  /**
   * Changes a pointer in one strict transaction: compares its epoch with `expectedEpoch` (0 without
   * a pointer), sets it to { active: to, previous: old active, epoch + 1 }, and updates the
   * versions' states. `extraValues` are put in the same transaction. Resolves to the new pointer, or
   * undefined when the epoch had changed.
   */
  flip(
    ref: string,
    to: { readonly model: string; readonly version: string; readonly variant: string },
    expectedEpoch: number,
    extraValues?: Readonly<Record<string, unknown>>,
  ): Promise<Pointer | undefined>;
  deletePointer(ref: string): Promise<void>;
}

/** Small values by name. */
export interface ValueStore {
  getValue(key: string): Promise<unknown>;
  putValue(key: string, value: unknown): Promise<void>;
  deleteValue(key: string): Promise<void>;
  /**
   * Changes values in one strict transaction, if every value in `read` is still the same: puts the
   * values of `next`, and deletes those that are undefined. Otherwise changes nothing and resolves
   * to false; the caller reads again and plans anew.
   */
  changeValues(
    read: readonly ReadValue[],
    next: Readonly<Record<string, unknown>>,
  ): Promise<boolean>;
  /**
   * Adds an encoded profile to the stored one in one transaction, so that concurrent workers lose
   * nothing, and a concurrent seal counts nothing twice.
   */
  mergeProfile(key: string, profile: Uint8Array): Promise<void>;
  /** Lists the keys that begin with `prefix`. */
  listValues(prefix: string): Promise<string[]>;
  /** Lists the keys and values that begin with `prefix`, from one snapshot. */
  getValues(prefix: string): Promise<(readonly [key: string, value: unknown])[]>;
}

/** Sealed telemetry that waits for its upload. */
export interface BatchStore {
  /**
   * Adds a batch and deletes the sealed values in one strict transaction, if every value is still
   * the same. Otherwise changes nothing and resolves to false: counts added meanwhile would be
   * lost, or values that another tab sealed would be sent twice.
   */
  addBatch(batch: QueuedBatch, sealed: readonly SealedValue[]): Promise<boolean>;
  /** Lists batches in the order in which they were added. */
  listBatches(): Promise<QueuedBatch[]>;
  deleteBatch(batchId: string): Promise<void>;
}

/**
 * Durable local state of one origin or folder. Every method is atomic, and reads see only committed
 * writes. `getX` resolves to undefined for absent entries. After `close()`, every method rejects
 * with STORAGE.
 */
export interface ModelStore
  extends ObjectStore, VersionStore, PointerStore, ValueStore, BatchStore {
  readonly kind: StoreKind;

  close(): Promise<void>;
}
