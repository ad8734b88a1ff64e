import { RegistryError } from '../error.ts';
import { checkFile } from './check-file.ts';
import type {
  Envelope,
  FileMeta,
  Key,
  RoleKeys,
  Root,
  Signed,
  SignedByType,
  Snapshot,
  Timestamp,
  TopLevelRole,
} from './metadata.ts';
import { parseMetadata } from './parse-metadata.ts';
import { verifyThreshold } from './verify-role.ts';

/** Values of `reason` in the details of UNTRUSTED. */
export type UntrustedReason = 'signatures' | 'rollback' | 'version' | 'role';

/**
 * The rules of the client workflow (TUF 1.0 §5.3–5.6). Each takes bytes and the metadata that is
 * already trusted. Nothing here fetches or stores.
 */

/**
 * Opens the first root, which is trusted as it is. Its own signatures only show that it is intact.
 */
export async function openRoot(bytes: Uint8Array): Promise<Envelope<Root>> {
  const root = parseMetadata(bytes, 'root');
  await verifyThreshold(root.signed.roles.root, root.signed.keys, root);
  return root;
}

/**
 * Opens the next root (§5.3.4–5): the old and the new keys must both sign it, and its version must
 * be exactly one higher.
 */
export async function nextRoot(current: Root, bytes: Uint8Array): Promise<Envelope<Root>> {
  const next = parseMetadata(bytes, 'root');
  await verifyThreshold(current.roles.root, current.keys, next);
  await verifyThreshold(next.signed.roles.root, next.signed.keys, next);
  if (next.signed.version !== current.version + 1)
    throw untrusted(
      'root',
      'version',
      `it says version ${next.signed.version}; after ${current.version} comes ` +
        `${current.version + 1}`,
    );
  return next;
}

/** Opens metadata that a role of the root, or a delegated role, signed. */
export async function openSigned<T extends TopLevelRole>(
  bytes: Uint8Array,
  type: T,
  role: RoleKeys,
  keys: ReadonlyMap<string, Key>,
): Promise<Envelope<SignedByType[T]>> {
  const envelope = parseMetadata(bytes, type, role.name);
  await verifyThreshold(role, keys, envelope);
  return envelope;
}

/**
 * Checks a timestamp against the stored one (§5.4.3). The snapshot's version must not decrease
 * either.
 */
export function checkTimestamp(next: Timestamp, stored: Timestamp): void {
  if (next.version < stored.version)
    throw rollback(
      'timestamp',
      `its version ${next.version} is below ${stored.version}, which was trusted before`,
    );
  const [now, before] = [next.snapshot.version, stored.snapshot.version];
  if (next.version !== stored.version && now < before)
    throw rollback(
      'timestamp',
      `it lists snapshot version ${now}, below ${before}, which was trusted before`,
    );
}

/** Checks a snapshot against the stored one (§5.5.5): no listed file may vanish or go back. */
export function checkSnapshot(next: Snapshot, stored: Snapshot): void {
  for (const [file, { version }] of stored.meta) {
    const now = next.meta.get(file)?.version;
    if (now === undefined)
      throw rollback('snapshot', `it does not list ${file}, which was listed before`);
    if (now < version)
      throw rollback(
        'snapshot',
        `it lists ${file} at version ${now}, below ${version}, which was trusted before`,
      );
  }
}

/**
 * Checks length and digests before parsing, so that bytes other than the listed ones never reach
 * the parser.
 */
export async function checkListed(
  bytes: Uint8Array,
  listed: FileMeta,
  role: string,
): Promise<void> {
  await checkFile(bytes, listed, `The ${role} metadata`, { role });
}

export function checkVersion({ version }: Signed, listed: FileMeta, role: string): void {
  if (version !== listed.version)
    throw untrusted(
      role,
      'version',
      `it says version ${version}, its parent lists ${listed.version}`,
    );
}

/** @throws RegistryError UNTRUSTED, reason 'role' */
export function listedInSnapshot(snapshot: Snapshot, role: string): FileMeta {
  const listed = snapshot.meta.get(`${role}.json`);
  if (!listed) throw untrusted(role, 'role', `the snapshot does not list ${role}.json`);
  return listed;
}

export function isExpired({ expires }: Signed, now: Date): boolean {
  return expires.getTime() <= now.getTime();
}

/** @throws RegistryError EXPIRED */
export function checkExpiry(signed: Signed, role: string, now: Date): void {
  if (!isExpired(signed, now)) return;
  const [until, at] = [signed.expires.toISOString(), now.toISOString()];
  throw new RegistryError(
    'EXPIRED',
    `The ${role} metadata, version ${signed.version}, was valid until ${until}; it is ${at}. ` +
      'Its publisher has to sign it anew.',
    { details: { role, expires: until, now: at, version: signed.version } },
  );
}

/**
 * Whether the public keys of a role changed. Keyids may stay when keys change (TAP 12), so this
 * compares the keys themselves.
 */
export function isRotated(before: Root, after: Root, role: TopLevelRole): boolean {
  const [a, b] = [publicKeys(before, role), publicKeys(after, role)];
  return a.size !== b.size || [...a].some((key) => !b.has(key));
}

function publicKeys({ keys, roles }: Root, role: TopLevelRole): Set<string> {
  return new Set(
    roles[role].keyids.map(
      (keyid) =>
        `${keys.get(keyid)?.keytype} ${keys.get(keyid)?.scheme} ${keys.get(keyid)?.public.toLowerCase()}`,
    ),
  );
}

function rollback(role: string, why: string): RegistryError {
  return untrusted(role, 'rollback', why);
}

export function untrusted(role: string, reason: UntrustedReason, why: string): RegistryError {
  return new RegistryError('UNTRUSTED', `The ${role} metadata cannot be trusted: ${why}.`, {
    details: { role, reason },
  });
}
