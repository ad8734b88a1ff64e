/**
 * The metadata chain in the shape of TUF 1.0 (https://theupdateframework.github.io/specification/): timestamp → snapshot → targets and the
 * delegated "channels". `signatures` is empty as yet; digests and lengths are checked all the way down from the timestamp.
 */
export interface FileMeta {
  readonly version: number;
  readonly length: number;
  readonly hashes: { readonly sha256: string };
}

export interface Role {
  readonly type: 'timestamp' | 'snapshot' | 'targets';
  readonly version: number;
}

/** timestamp and snapshot: which version of which metadata file is current. */
export interface MetaRole extends Role {
  readonly meta: Readonly<Record<string, FileMeta>>;
}

/** Length and digest of an object under `targets/`. */
export interface Target {
  readonly length: number;
  readonly sha256: string;
}

/** targets and channels: paths under `targets/` with what they must contain. */
export interface TargetsRole extends Role {
  readonly targets: Readonly<Record<string, Target>>;
}
