import { sha256Hex } from '../chunks/hash.ts';
import { layout } from '../layout.ts';
import type { DelegatedRole, FileMeta, Key, RoleKeys, Root, Targets } from '../tuf/metadata.ts';
import type { TrustedMetadata } from '../tuf/refresh.ts';
import { CHANNELS_ROLE } from './registry-state.ts';
import type { Target } from './registry-state.ts';

/** Version of the TUF specification that the metadata states. */
export const SPEC_VERSION = '1.0.31';
const DAY_MS = 86_400_000;

/** Signs with all of a role's keys that the signer has. They must reach the role's threshold. */
export type Sign = (role: RoleKeys, signed: object) => Promise<Uint8Array>;

/** Days from signing until a role's metadata expires. */
export type ExpiryDays = Readonly<
  Record<'root' | 'targets' | 'channels' | 'snapshot' | 'timestamp', number>
>;

/** The current metadata of a registry. */
export interface RegistryRoles extends Pick<
  TrustedMetadata,
  'root' | 'timestamp' | 'snapshot' | 'targets'
> {
  readonly channels: Targets;
}

export interface MetadataChange {
  /**
   * All targets after the change; absent keeps the current ones. A role is signed anew only if it
   * changes or `resign` lists it.
   */
  readonly targets?: Readonly<Record<string, Target>>;
  readonly channels?: Readonly<Record<string, Target>>;
  readonly resign?: readonly ('targets' | 'channels')[];
}

interface File {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/**
 * The metadata files of the next state, in the order in which they must be written. Each file comes
 * after the files it refers to. The timestamp, the only file that is replaced, comes last.
 * @example
 * ```ts
 * const roles = { ...trusted, channels };
 * const files = await buildMetadata(roles, { targets }, sign, expiry, new Date());
 * for (const { path, bytes } of files) await write(path, bytes);
 * ```
 */
export async function buildMetadata(
  roles: RegistryRoles,
  change: MetadataChange,
  sign: Sign,
  expiry: ExpiryDays,
  now: Date,
): Promise<File[]> {
  const { root, timestamp, snapshot, targets, channels } = roles;
  const files: File[] = [];
  const meta = new Map<string, FileMeta>(snapshot.meta);
  if (change.targets || change.resign?.includes('targets')) {
    const version = targets.version + 1;
    const bytes = await sign(root.roles.targets, {
      ...head('targets', version, expiry.targets, now),
      targets: change.targets ? listed(change.targets) : asListed(targets),
      delegations: delegationsOf(targets),
    });
    files.push({ path: layout.targets(version), bytes });
    meta.set('targets.json', await metaOf(version, bytes));
  }
  if (change.channels || change.resign?.includes('channels')) {
    const version = channels.version + 1;
    const bytes = await sign(channelsKeys(targets), {
      ...head('targets', version, expiry.channels, now),
      targets: change.channels ? listed(change.channels) : asListed(channels),
    });
    files.push({ path: layout.channels(version), bytes });
    meta.set(`${CHANNELS_ROLE}.json`, await metaOf(version, bytes));
  }
  const snapshotVersion = snapshot.version + 1;
  const snapshotBytes = await sign(root.roles.snapshot, {
    ...head('snapshot', snapshotVersion, expiry.snapshot, now),
    meta: Object.fromEntries(meta),
  });
  const timestampBytes = await sign(root.roles.timestamp, {
    ...head('timestamp', timestamp.version + 1, expiry.timestamp, now),
    meta: { 'snapshot.json': await metaOf(snapshotVersion, snapshotBytes) },
  });
  return [
    ...files,
    { path: layout.snapshot(snapshotVersion), bytes: snapshotBytes },
    { path: layout.timestamp, bytes: timestampBytes },
  ];
}

/**
 * The metadata files of an empty registry, including its first root, in the order in which they
 * must be written.
 * @example
 * ```ts
 * const files = await buildFirstMetadata({ keys, roles }, channels, sign, expiry, new Date());
 * ```
 */
export async function buildFirstMetadata(
  root: Pick<Root, 'keys' | 'roles'>,
  channels: RoleKeys,
  sign: Sign,
  expiry: ExpiryDays,
  now: Date,
): Promise<File[]> {
  const rootBytes = await sign(root.roles.root, rootSigned(root, 1, expiry, now));
  const delegation: DelegatedRole = {
    ...channels,
    name: CHANNELS_ROLE,
    terminating: true,
    paths: ['channels/*'],
  };
  const keys = new Map([...root.keys].filter(([keyid]) => channels.keyids.includes(keyid)));
  const targetsBytes = await sign(root.roles.targets, {
    ...head('targets', 1, expiry.targets, now),
    targets: {},
    delegations: delegationsJson(keys, [delegation]),
  });
  const channelsBytes = await sign(channels, {
    ...head('targets', 1, expiry.channels, now),
    targets: {},
  });
  const snapshotBytes = await sign(root.roles.snapshot, {
    ...head('snapshot', 1, expiry.snapshot, now),
    meta: {
      'channels.json': await metaOf(1, channelsBytes),
      'targets.json': await metaOf(1, targetsBytes),
    },
  });
  const timestampBytes = await sign(root.roles.timestamp, {
    ...head('timestamp', 1, expiry.timestamp, now),
    meta: { 'snapshot.json': await metaOf(1, snapshotBytes) },
  });
  return [
    { path: layout.root(1), bytes: rootBytes },
    { path: layout.targets(1), bytes: targetsBytes },
    { path: layout.channels(1), bytes: channelsBytes },
    { path: layout.snapshot(1), bytes: snapshotBytes },
    { path: layout.timestamp, bytes: timestampBytes },
  ];
}

/**
 * The `signed` part of a root of this version. `x_perigee_expiry_days` records the expiry that the
 * publisher's commands use for the other roles.
 * @example
 * ```ts
 * const signed = rootSigned(root, root.version + 1, expiry, new Date());
 * ```
 */
export function rootSigned(
  { keys, roles }: Pick<Root, 'keys' | 'roles'>,
  version: number,
  expiry: ExpiryDays,
  now: Date,
): object {
  const named = Object.entries(roles).map(([name, { keyids, threshold }]) => [
    name,
    { keyids, threshold },
  ]);
  const used = new Set(Object.values(roles).flatMap(({ keyids }) => keyids));
  return {
    ...head('root', version, expiry.root, now),
    consistent_snapshot: true,
    keys: keysJson(new Map([...keys].filter(([keyid]) => used.has(keyid)))),
    roles: Object.fromEntries(named),
    x_perigee_expiry_days: expiry,
  };
}

/**
 * Keys and threshold of the role `channels`; no keys if targets does not delegate to it.
 * @example
 * ```ts
 * const { keyids, threshold } = channelsKeys(trusted.targets);
 * ```
 */
export function channelsKeys({ delegations }: Targets): RoleKeys {
  const role = delegations?.roles.find(({ name }) => name === CHANNELS_ROLE);
  return role ?? { name: CHANNELS_ROLE, keyids: [], threshold: 1 };
}

/**
 * Targets metadata that delegates `channels/*` to the role `channels` with these keys.
 * @param keys must include the role's own
 * @example
 * ```ts
 * const targets = withChannelsKeys(trusted.targets, keys, { name: 'channels', keyids, threshold });
 * ```
 */
export function withChannelsKeys(
  targets: Targets,
  keys: ReadonlyMap<string, Key>,
  role: RoleKeys,
): Targets {
  const own = new Map([...keys].filter(([keyid]) => role.keyids.includes(keyid)));
  return {
    ...targets,
    delegations: {
      keys: own,
      roles: [{ ...role, name: CHANNELS_ROLE, terminating: true, paths: ['channels/*'] }],
    },
  };
}

function head(type: string, version: number, days: number, now: Date): object {
  return {
    _type: type,
    spec_version: SPEC_VERSION,
    version,
    expires: `${new Date(now.getTime() + days * DAY_MS).toISOString().slice(0, 19)}Z`,
  };
}

function listed(targets: Readonly<Record<string, Target>>): object {
  return Object.fromEntries(
    Object.entries(targets).map(([path, { length, sha256 }]) => [
      path,
      { length, hashes: { sha256 } },
    ]),
  );
}

function asListed({ targets }: Targets): object {
  return Object.fromEntries(
    [...targets].map(([path, { length, hashes, custom }]) => [
      path,
      { length, hashes, ...(custom !== undefined && { custom }) },
    ]),
  );
}

function delegationsOf({ delegations }: Targets): object {
  return delegationsJson(delegations?.keys ?? new Map(), delegations?.roles ?? []);
}

function delegationsJson(keys: ReadonlyMap<string, Key>, roles: readonly DelegatedRole[]): object {
  return {
    keys: keysJson(keys),
    roles: roles.map(({ name, keyids, threshold, terminating, paths, pathHashPrefixes }) => ({
      name,
      keyids,
      threshold,
      terminating,
      ...(paths && { paths }),
      ...(pathHashPrefixes && { path_hash_prefixes: pathHashPrefixes }),
    })),
  };
}

function keysJson(keys: ReadonlyMap<string, Key>): object {
  return Object.fromEntries(
    [...keys].map(([keyid, { keytype, scheme, public: publicHex }]) => [
      keyid,
      { keytype, scheme, keyval: { public: publicHex } },
    ]),
  );
}

async function metaOf(version: number, bytes: Uint8Array): Promise<FileMeta> {
  return { version, length: bytes.byteLength, hashes: { sha256: await sha256Hex(bytes) } };
}
