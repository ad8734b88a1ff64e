import { sha256Hex } from '@perigee/registry';
import type { ModelStore } from '../store/store.ts';
import { withLock } from '../store/lock.ts';
import type { AuditEntry } from './audit-entry.ts';

export type AuditFacts = Omit<AuditEntry, 'seq' | 'at' | 'prev' | 'hash'>;

interface Head {
  readonly seq: number;
  readonly hash: string;
}

const PENDING = 'audit-pending:';
const ENTRY = 'audit:';
const HEAD = 'audit-head';
const NONE = '0'.repeat(64);
/**
 * 190 days: more than the six months for which EU law requires logs to be kept (Regulation (EU)
 * 2024/1689, Articles 19 and 26(6)).
 */
const RETENTION_MS = 190 * 24 * 3_600_000;

let pendings = 0;

/**
 * Returns an event as a value to be written in the same transaction as the change it records;
 * `sealAudit` adds it to the chain.
 */
export function pendingAudit(facts: AuditFacts): Readonly<Record<string, unknown>> {
  const at = new Date().toISOString();
  return {
    [`${PENDING}${at}:${String(++pendings).padStart(6, '0')}:${crypto.randomUUID()}`]: {
      at,
      ...facts,
    },
  };
}

export async function audit(store: ModelStore, facts: AuditFacts): Promise<void> {
  for (const [key, value] of Object.entries(pendingAudit(facts))) await store.putValue(key, value);
  await sealAudit(store);
}

/**
 * Adds the pending events to the chain, in order. Each is sealed in one transaction (write the
 * entry, update the head, delete the pending event), so no event is lost or recorded twice when
 * several tabs seal at the same time. The lock only saves work.
 */
export async function sealAudit(store: ModelStore): Promise<void> {
  await withLock('perigee:audit', new AbortController().signal, async () => {
    for (;;) {
      const head = await store.getValue(HEAD);
      const [waiting] = await store.getValues(PENDING);
      if (!waiting) break;
      await sealOne(store, head as Head | undefined, waiting);
    }
    await prune(store);
  });
}

/** Seals one event. Does nothing when another tab sealed meanwhile. */
async function sealOne(
  store: ModelStore,
  head: Head | undefined,
  [key, value]: readonly [string, unknown],
): Promise<void> {
  const before = head ?? { seq: 0, hash: NONE };
  const last = (await store.getValue(entryKey(before.seq))) as
    | (AuditEntry & { key?: string })
    | undefined;
  const facts = value as Omit<AuditEntry, 'seq' | 'prev' | 'hash'>;
  const entry = { seq: before.seq + 1, ...facts, prev: before.hash };
  const hash = await hashOf(entry);
  const read = [
    { key: HEAD, value: head },
    { key, value },
  ];
  // Version 0.1.0 wrote entry and head before it deleted the pending event, so a killed page left a
  // pending event that is already in the chain.
  const isThere = last?.key === key;
  const sealed = {
    [entryKey(entry.seq)]: { ...entry, hash, key },
    [HEAD]: { seq: entry.seq, hash } satisfies Head,
  };
  await store.changeValues(read, { ...(isThere ? {} : sealed), [key]: undefined });
}

/** Returns all entries, oldest first. */
export async function auditEntries(store: ModelStore): Promise<AuditEntry[]> {
  await sealAudit(store);
  const entries: AuditEntry[] = [];
  for (const key of (await store.listValues(ENTRY)).toSorted()) {
    const { key: _source, ...entry } = (await store.getValue(key)) as AuditEntry & { key?: string };
    entries.push(entry);
  }
  return entries;
}

/**
 * Returns the number of the first entry that was changed or does not follow the one before; null
 * when the chain is intact.
 */
export async function brokenAt(entries: readonly AuditEntry[]): Promise<number | null> {
  let before: AuditEntry | undefined;
  for (const entry of entries) {
    const { hash, ...rest } = entry;
    if (
      (before && (entry.prev !== before.hash || entry.seq !== before.seq + 1)) ||
      (await hashOf(rest)) !== hash
    )
      return entry.seq;
    before = entry;
  }
  return null;
}

async function prune(store: ModelStore): Promise<void> {
  for (const key of (await store.listValues(ENTRY)).toSorted()) {
    const entry = (await store.getValue(key)) as AuditEntry | undefined;
    if (entry && Date.now() - Date.parse(entry.at) < RETENTION_MS) return;
    await store.deleteValue(key);
  }
}

function hashOf(entry: Omit<AuditEntry, 'hash'>): Promise<string> {
  const sorted = Object.fromEntries(Object.entries(entry).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return sha256Hex(new TextEncoder().encode(JSON.stringify(sorted)));
}

function entryKey(seq: number): string {
  return `${ENTRY}${String(seq).padStart(12, '0')}`;
}
