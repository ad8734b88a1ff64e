/** Bounds on TUF metadata that the files themselves do not bound. Sizes are in bytes. */
export const TUF_LIMITS = {
  rootBytes: 512 * 1024,
  timestampBytes: 16 * 1024,
  /** Used when the parent lists no length. */
  snapshotBytes: 2 * 1024 * 1024,
  targetsBytes: 5 * 1024 * 1024,
  rootRotations: 256,
  /** Roles that are searched for one target path. */
  delegations: 32,
  signatures: 1_024,
  keys: 1_024,
  /** Roles in one snapshot, or delegated by one role. */
  roles: 16_384,
  paths: 16_384,
  nameLength: 1_024,
} as const;
