import { RegistryError } from '../error.ts';
import { isFile } from './check-file.ts';
import { targetsLoader } from './load-targets.ts';
import type { DelegatedRole, Envelope, Root, Snapshot, Targets, Timestamp } from './metadata.ts';
import { metadataPath } from './metadata-path.ts';
import {
  checkExpiry,
  checkListed,
  checkSnapshot,
  checkTimestamp,
  checkVersion,
  isExpired,
  isRotated,
  nextRoot,
  openRoot,
  openSigned,
  untrusted,
} from './trusted-set.ts';
import { fetchBounded, fetchExpected, openStored, readStored } from './trust-store.ts';
import type { FetchMetadata, TrustStore } from './trust-store.ts';
import { TUF_LIMITS } from './tuf-limits.ts';

export type { FetchMetadata, TrustStore };

export interface RefreshOptions {
  readonly trust: TrustStore;
  readonly fetch: FetchMetadata;
  /** Reference time of the whole run. */
  readonly now: Date;
  /** Root rotations to follow in one run; the next run follows the rest. Default: 256. */
  readonly maxRootRotations?: number;
}

export interface TrustedMetadata {
  readonly root: Root;
  readonly timestamp: Timestamp;
  readonly snapshot: Snapshot;
  readonly targets: Targets;
  /**
   * A role loaded so far, delegated roles included, is expired or older than its parent says. Only
   * `loadTrusted()` sets it.
   */
  readonly stale: boolean;
  /**
   * The targets of a role that `delegator` delegates to. They are loaded on demand and verified
   * with that delegator's keys.
   */
  delegated(role: DelegatedRole, delegator: Targets): Promise<Targets>;
}

/**
 * Updates the trusted metadata (TUF 1.0 §5.3–5.6): the root chain, then timestamp, snapshot and
 * targets. Each file is stored as soon as it is verified, so that a run that fails half-way keeps
 * its progress.
 * @throws RegistryError UNTRUSTED (signatures, rollback, version, role: see `details.reason`),
 * EXPIRED, INTEGRITY (length, digest), INVALID_MANIFEST (malformed), WRONG_CONTENT (a file is
 * missing), INVALID_INPUT (no root to start from); also whatever `fetch` and `trust` throw
 * @example
 * ```ts
 * const options = { trust: memoryTrust(root), fetch: readMetadata, now: new Date() };
 * const trusted = await refreshTrusted(options);
 * ```
 */
export async function refreshTrusted({
  trust,
  fetch,
  now,
  maxRootRotations = TUF_LIMITS.rootRotations,
}: RefreshOptions): Promise<TrustedMetadata> {
  const root = await refreshRoot(trust, fetch, maxRootRotations);
  checkExpiry(root, 'root', now);
  const timestamp = await refreshTimestamp(trust, fetch, root, now);
  const snapshot = await refreshSnapshot(trust, fetch, root, timestamp, now);
  const loader = targetsLoader({
    trust,
    fetch,
    snapshot,
    now,
    consistent: root.consistentSnapshot,
  });
  const targets = await loader.load(root.roles.targets, root.keys);
  return { root, timestamp, snapshot, targets, stale: false, delegated: loader.delegated };
}

/**
 * Loads the stored metadata without network and verifies it again from the stored root. It also
 * loads expired metadata, and files that an interrupted refresh left one version behind their
 * parent; `stale` then says so. Undefined when no complete chain is stored.
 * @throws RegistryError UNTRUSTED, INTEGRITY, INVALID_MANIFEST: the store was tampered with, or the
 * root rotated keys and the other roles are not refreshed yet; INVALID_INPUT (no root to start
 * from)
 * @example
 * ```ts
 * const trusted = await loadTrusted(trust, { now: new Date() });
 * ```
 */
export async function loadTrusted(
  trust: TrustStore,
  { now }: { readonly now: Date },
): Promise<TrustedMetadata | undefined> {
  const { signed: root } = await storedRoot(trust);
  const [timestampBytes, snapshotBytes, targetsBytes] = await Promise.all(
    ['timestamp', 'snapshot', 'targets'].map((role) => readStored(trust, role)),
  );
  if (!timestampBytes || !snapshotBytes || !targetsBytes) return undefined;
  const { signed: timestamp } = await openSigned(
    timestampBytes,
    'timestamp',
    root.roles.timestamp,
    root.keys,
  );
  const { signed: snapshot } = await openSigned(
    snapshotBytes,
    'snapshot',
    root.roles.snapshot,
    root.keys,
  );
  const listed = timestamp.snapshot;
  if (snapshot.version > listed.version)
    throw untrusted(
      'snapshot',
      'version',
      `version ${snapshot.version} is stored, the timestamp lists ${listed.version}`,
    );
  if (snapshot.version === listed.version) await checkListed(snapshotBytes, listed, 'snapshot');
  const loader = targetsLoader({ trust, snapshot, now, consistent: root.consistentSnapshot });
  const targets = await loader.load(root.roles.targets, root.keys);
  const stale =
    snapshot.version < listed.version ||
    [root, timestamp, snapshot].some((signed) => isExpired(signed, now));
  return {
    root,
    timestamp,
    snapshot,
    targets,
    get stale() {
      return stale || loader.stale();
    },
    delegated: loader.delegated,
  };
}

/** TUF 1.0 §5.3: follows the root versions one by one until there is no next one. */
async function refreshRoot(
  trust: TrustStore,
  fetch: FetchMetadata,
  maxRotations: number,
): Promise<Root> {
  let { signed: root } = await storedRoot(trust);
  for (let rotation = 0; rotation < maxRotations; rotation += 1) {
    const bytes = await fetchBounded(
      fetch,
      metadataPath('root', root.version + 1),
      TUF_LIMITS.rootBytes,
      'root',
    );
    if (!bytes) break;
    const next = await nextRoot(root, bytes);
    // A holder of the old keys may have signed versions far ahead, which must not lock out the new
    // keys (§5.3.11). Forget the old versions before the root is stored: if a run ends between the
    // two steps, the next run finds the same rotation again.
    if (isRotated(root, next.signed, 'timestamp') || isRotated(root, next.signed, 'snapshot')) {
      for (const role of ['timestamp', 'snapshot'])
        if (await readStored(trust, role)) await trust.write(role, new Uint8Array(0));
    }
    await trust.write('root', bytes);
    root = next.signed;
  }
  return root;
}

/** TUF 1.0 §5.4. */
async function refreshTimestamp(
  trust: TrustStore,
  fetch: FetchMetadata,
  root: Root,
  now: Date,
): Promise<Timestamp> {
  const open = (bytes: Uint8Array): Promise<Envelope<Timestamp>> =>
    openSigned(bytes, 'timestamp', root.roles.timestamp, root.keys);
  const stored = await openStored(trust, 'timestamp', open);
  const bytes = await fetchExpected(
    fetch,
    metadataPath('timestamp'),
    TUF_LIMITS.timestampBytes,
    'timestamp',
  );
  const { signed: next } = await open(bytes);
  if (stored) checkTimestamp(next, stored.signed);
  const kept = stored?.signed.version === next.version ? stored.signed : undefined;
  checkExpiry(kept ?? next, 'timestamp', now);
  if (!kept) await trust.write('timestamp', bytes);
  return kept ?? next;
}

/**
 * TUF 1.0 §5.5. Uses the stored snapshot if it is the listed one. Otherwise the new snapshot is
 * checked against the stored one, even if that has expired.
 */
async function refreshSnapshot(
  trust: TrustStore,
  fetch: FetchMetadata,
  root: Root,
  { snapshot: listed }: Timestamp,
  now: Date,
): Promise<Snapshot> {
  const open = (bytes: Uint8Array): Promise<Envelope<Snapshot>> =>
    openSigned(bytes, 'snapshot', root.roles.snapshot, root.keys);
  const stored = await openStored(trust, 'snapshot', open);
  if (
    stored &&
    stored.signed.version === listed.version &&
    !isExpired(stored.signed, now) &&
    (await isFile(stored.bytes, listed))
  )
    return stored.signed;
  const path = metadataPath('snapshot', root.consistentSnapshot ? listed.version : undefined);
  const bytes = await fetchExpected(
    fetch,
    path,
    listed.length ?? TUF_LIMITS.snapshotBytes,
    'snapshot',
  );
  await checkListed(bytes, listed, 'snapshot');
  const { signed: next } = await open(bytes);
  checkVersion(next, listed, 'snapshot');
  if (stored) checkSnapshot(next, stored.signed);
  checkExpiry(next, 'snapshot', now);
  await trust.write('snapshot', bytes);
  return next;
}

async function storedRoot(trust: TrustStore): Promise<Envelope<Root>> {
  const bytes = await readStored(trust, 'root');
  if (!bytes)
    throw new RegistryError(
      'INVALID_INPUT',
      'The trust store has no root metadata. Write the root that came with the application ' +
        'to it first.',
      { details: { role: 'root' } },
    );
  return openRoot(bytes);
}
