/**
 * TUF 1.0 metadata as this client reads it
 * (https://theupdateframework.github.io/specification/latest §4). Each file is an envelope of
 * signatures over the canonical JSON of `signed`. Fields not listed here are covered by the
 * signatures but ignored.
 */
export type TopLevelRole = 'root' | 'timestamp' | 'snapshot' | 'targets';

export interface Key {
  /** Identifies the key in signatures and roles. It need not be the key's hash (TAP 12). */
  readonly keyid: string;
  readonly keytype: string;
  readonly scheme: string;
  /** For ed25519, the 32 bytes as hex. */
  readonly public: string;
}

/** The keys of a role; `threshold` of them must sign. */
export interface RoleKeys {
  /** The role's name, for errors and file names. */
  readonly name: string;
  readonly keyids: readonly string[];
  readonly threshold: number;
}

export interface Signature {
  readonly keyid: string;
  readonly sig: string;
}

/**
 * A metadata file that was parsed but is not yet trusted. `bytes` is the file; the signatures cover
 * `signedBytes`.
 */
export interface Envelope<T extends Signed = Signed> {
  readonly signatures: readonly Signature[];
  readonly signed: T;
  readonly signedBytes: Uint8Array;
  readonly bytes: Uint8Array;
}

export interface Signed {
  readonly type: TopLevelRole;
  readonly version: number;
  readonly expires: Date;
}

export interface Root extends Signed {
  readonly type: 'root';
  /**
   * Whether files are stored as `VERSION.name.json` and `HASH.name`, so that a writer never
   * replaces a file that a reader still needs.
   */
  readonly consistentSnapshot: boolean;
  readonly keys: ReadonlyMap<string, Key>;
  readonly roles: Readonly<Record<TopLevelRole, RoleKeys>>;
}

/** Digests by algorithm, as lower-case hex. */
export type Hashes = Readonly<Record<string, string>>;

/** The current version of another metadata file. Length and hashes are optional. */
export interface FileMeta {
  readonly version: number;
  readonly length?: number;
  readonly hashes?: Hashes;
}

export interface Timestamp extends Signed {
  readonly type: 'timestamp';
  readonly snapshot: FileMeta;
}

export interface Snapshot extends Signed {
  readonly type: 'snapshot';
  /** Entries by file name: `targets.json`, `delegated.json`. */
  readonly meta: ReadonlyMap<string, FileMeta>;
}

export interface TargetFile {
  readonly length: number;
  readonly hashes: Hashes;
  readonly custom?: unknown;
}

/**
 * A role that is responsible for the matching target paths. It has `paths` or `pathHashPrefixes`,
 * never both.
 */
export interface DelegatedRole extends RoleKeys {
  /** If true and the role does not list a matching path, no later role is searched. */
  readonly terminating: boolean;
  readonly paths?: readonly string[];
  readonly pathHashPrefixes?: readonly string[];
}

export interface Delegations {
  readonly keys: ReadonlyMap<string, Key>;
  /** In order of precedence. */
  readonly roles: readonly DelegatedRole[];
}

export interface Targets extends Signed {
  readonly type: 'targets';
  readonly targets: ReadonlyMap<string, TargetFile>;
  readonly delegations?: Delegations;
}

/** The type of metadata by its `_type`. */
export interface SignedByType {
  readonly root: Root;
  readonly timestamp: Timestamp;
  readonly snapshot: Snapshot;
  readonly targets: Targets;
}
