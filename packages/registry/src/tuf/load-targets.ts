import { RegistryError } from '../error.ts';
import { isFile } from './check-file.ts';
import type {
  DelegatedRole,
  Envelope,
  FileMeta,
  Key,
  RoleKeys,
  Snapshot,
  Targets,
} from './metadata.ts';
import { metadataPath } from './metadata-path.ts';
import {
  checkExpiry,
  checkListed,
  checkVersion,
  isExpired,
  listedInSnapshot,
  openSigned,
  untrusted,
} from './trusted-set.ts';
import { fetchExpected, openStored, readStored } from './trust-store.ts';
import type { FetchMetadata, TrustStore } from './trust-store.ts';
import { TUF_LIMITS } from './tuf-limits.ts';

interface Context {
  readonly trust: TrustStore;
  /** Without `fetch`, only stored roles are loaded, expired or not. */
  readonly fetch?: FetchMetadata;
  readonly snapshot: Snapshot;
  readonly now: Date;
  readonly consistent: boolean;
}

export interface TargetsLoader {
  load(role: RoleKeys, keys: ReadonlyMap<string, Key>): Promise<Targets>;
  delegated(role: DelegatedRole, delegator: Targets): Promise<Targets>;
  stale(): boolean;
}

/**
 * Loads targets roles (TUF 1.0 §5.6), each once per delegator. Two delegators may name the same
 * role with different keys, and each trusts only its own keys.
 */
export function targetsLoader(context: Context): TargetsLoader {
  let stale = false;
  const loaded = new WeakMap<Targets, Map<string, Promise<Targets>>>();
  const load = async (role: RoleKeys, keys: ReadonlyMap<string, Key>): Promise<Targets> => {
    const listed = listedInSnapshot(context.snapshot, role.name);
    const open = (bytes: Uint8Array): Promise<Envelope<Targets>> =>
      openSigned(bytes, 'targets', role, keys);
    if (context.fetch) return refreshTargets(context, context.fetch, role.name, listed, open);
    const targets = await loadStored(context.trust, role.name, listed, open);
    stale ||= targets.version < listed.version || isExpired(targets, context.now);
    return targets;
  };
  return {
    load,
    stale: () => stale,
    delegated(role, delegator) {
      const roles = loaded.get(delegator) ?? new Map<string, Promise<Targets>>();
      loaded.set(delegator, roles);
      const known = roles.get(role.name);
      if (known) return known;
      const loading = load(role, delegator.delegations?.keys ?? new Map());
      roles.set(role.name, loading);
      // Forget a failed load, so that the next call tries again.
      loading.catch(() => roles.delete(role.name));
      return loading;
    },
  };
}

/**
 * Returns the stored file if it is the listed one, otherwise the host's. The listed version cannot
 * go back, because the snapshot was checked for that.
 */
async function refreshTargets(
  { trust, now, consistent }: Context,
  fetch: FetchMetadata,
  role: string,
  listed: FileMeta,
  open: (bytes: Uint8Array) => Promise<Envelope<Targets>>,
): Promise<Targets> {
  const stored = await openStored(trust, role, open);
  if (
    stored &&
    stored.signed.version === listed.version &&
    !isExpired(stored.signed, now) &&
    (await isFile(stored.bytes, listed))
  )
    return stored.signed;
  const bytes = await fetchExpected(
    fetch,
    metadataPath(role, consistent ? listed.version : undefined),
    listed.length ?? TUF_LIMITS.targetsBytes,
    role,
  );
  await checkListed(bytes, listed, role);
  const { signed } = await open(bytes);
  checkVersion(signed, listed, role);
  checkExpiry(signed, role, now);
  await trust.write(role, bytes);
  return signed;
}

async function loadStored(
  trust: TrustStore,
  role: string,
  listed: FileMeta,
  open: (bytes: Uint8Array) => Promise<Envelope<Targets>>,
): Promise<Targets> {
  const bytes = await readStored(trust, role);
  if (!bytes)
    throw new RegistryError(
      'WRONG_CONTENT',
      `The ${role} metadata is not stored here, and there is no network to read it from.`,
      { details: { role } },
    );
  const { signed } = await open(bytes);
  if (signed.version > listed.version)
    throw untrusted(
      role,
      'version',
      `version ${signed.version} is stored, the snapshot lists ${listed.version}`,
    );
  if (signed.version === listed.version) await checkListed(bytes, listed, role);
  return signed;
}
