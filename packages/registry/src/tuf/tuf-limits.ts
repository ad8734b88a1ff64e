/** What TUF metadata may cost a client, where the file itself gives no bound. */
export const TUF_LIMITS = {
  rootBytes: 512 * 1024,
  timestampBytes: 16 * 1024,
  /** Where the parent lists no length. */
  snapshotBytes: 2 * 1024 * 1024,
  targetsBytes: 5 * 1024 * 1024,
  rootRotations: 256,
  /** Roles looked into for one target path. */
  delegations: 32,
  signatures: 1_024,
  keys: 1_024,
  /** In one snapshot, or delegated by one role. */
  roles: 16_384,
  paths: 16_384,
  nameLength: 1_024,
} as const;
