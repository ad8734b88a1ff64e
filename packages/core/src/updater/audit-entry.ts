/** The kinds of audit entries. */
export type AuditEvent =
  | 'download'
  | 'verify.fail'
  | 'golden'
  | 'activate'
  | 'confirm'
  | 'rollback'
  | 'reject'
  | 'pin'
  | 'remove'
  | 'evicted'
  | 'quota'
  | 'metadata.stale'
  | 'policy.block'
  | 'store.damaged';

/**
 * An entry of the audit log, which records which versions were active when, and what was refused
 * and why. Each entry holds the digest of the one before (a hash chain).
 */
export interface AuditEntry {
  readonly seq: number;
  /** ISO 8601. */
  readonly at: string;
  readonly event: AuditEvent;
  readonly model?: string;
  readonly version?: string;
  readonly variant?: string;
  readonly manifestSha256?: string;
  readonly reason?: string;
  /** `hash` of the entry before; 64 zeros for the first entry. */
  readonly prev: string;
  /** SHA-256 in hexadecimal of this entry without `hash`, as JSON with sorted keys. */
  readonly hash: string;
}
