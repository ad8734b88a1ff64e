/**
 * TUF 1.0 metadata as this client understands it (https://theupdateframework.github.io/specification/latest §4). Each file is an envelope of
 * signatures over the canonical JSON of `signed`. Fields not listed here are signed along but not looked at.
 */
export type TopLevelRole = 'root' | 'timestamp' | 'snapshot' | 'targets';

export interface Key {
  /** What signatures and roles name it by; need not be its hash (TAP 12). */
  readonly keyid: string;
  readonly keytype: string;
  readonly scheme: string;
  /** For ed25519 the 32 bytes as hex. */
  readonly public: string;
}

/** Who must sign a role: `threshold` of these keys. */
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

/** A metadata file that was read but not yet trusted; `bytes` are the file, `signedBytes` what the signatures are over. */
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
  /** Whether files are stored under `VERSION.name.json` and `HASH.name`, so that a writer never replaces what a reader still needs. */
  readonly consistentSnapshot: boolean;
  readonly keys: ReadonlyMap<string, Key>;
  readonly roles: Readonly<Record<TopLevelRole, RoleKeys>>;
}

/** By algorithm, lower-case hex. */
export type Hashes = Readonly<Record<string, string>>;

/** Which version of another metadata file is current; length and hashes may be missing. */
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
  /** By file name: `targets.json`, `delegated.json`. */
  readonly meta: ReadonlyMap<string, FileMeta>;
}

export interface TargetFile {
  readonly length: number;
  readonly hashes: Hashes;
  readonly custom?: unknown;
}

/** A role that may speak for the target paths that match. It has `paths` or `pathHashPrefixes`, never both. */
export interface DelegatedRole extends RoleKeys {
  /** If it has no answer for a path that matches, nobody after it is asked. */
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
