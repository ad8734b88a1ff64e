import {
  buildFirstMetadata,
  buildMetadata,
  channelsRole,
  layout,
  memoryTrust,
  parseChannelFile,
  parseMetadata,
  refreshTrusted,
  RegistryError,
  resolveChannelFile,
  stateOf,
} from '@perigee/registry';
import type {
  ChannelFile,
  ExpiryDays,
  MetadataChange,
  RegistryRoles,
  RegistryState,
  RoleKeys,
  Root,
  SigningKey,
  TrustedMetadata,
  TrustStore,
} from '@perigee/registry';
import { CommandError } from '../command.ts';
import { publicPart, roleOf } from '../keys/keys.ts';
import type { Keys } from '../keys/keys.ts';
import { openDestination, withWriter } from './destination.ts';
import type { Folder } from './folder.ts';

/** A registry to write, and the keys to sign with. */
export interface Publisher {
  /** A folder, or s3://bucket/prefix. */
  readonly to: string;
  readonly keys: Keys;
  /** Time of signing. Default: now. */
  readonly now?: Date;
}

/**
 * The current state of a registry, verified except for expiry, so that expired metadata can be
 * signed again.
 */
export interface OpenRegistry {
  readonly folder: Folder;
  readonly roles: RegistryRoles;
  readonly state: RegistryState;
  readonly expiry: ExpiryDays;
  /**
   * Roles that are signed with other keys than the newest root lists, because a rotation was killed
   * half-way. The next commit signs them again.
   */
  readonly unsigned: readonly ('targets' | 'snapshot' | 'timestamp')[];
}

export const ROLES = ['root', 'targets', 'channels', 'snapshot', 'timestamp'] as const;
export type RoleName = (typeof ROLES)[number];
export type RoleSigners = Readonly<
  Record<RoleName, { readonly keys: readonly SigningKey[]; readonly threshold?: number }>
>;

/**
 * Default days of validity, long enough for a team without a nightly job. Run `perigee resign`
 * before the shortest has passed.
 */
export const DEFAULT_EXPIRY: ExpiryDays = {
  root: 365,
  targets: 180,
  channels: 30,
  snapshot: 30,
  timestamp: 30,
};

/**
 * Creates an empty registry. Apps embed its root.
 * @param signers keys and threshold of each role. Default: all keys sign every role.
 * @param expiry days of validity by role. Default: 365 for root, 180 for targets, 30 for the
 * others.
 * @throws CommandError when there is a registry already
 * @example
 * ```ts
 * const { root } = await initRegistry({ to: 'registry', keys });
 * ```
 */
export async function initRegistry(
  { to, keys, now = new Date() }: Publisher,
  signers: RoleSigners = everyRole(keys.all),
  expiry: ExpiryDays = DEFAULT_EXPIRY,
): Promise<{ readonly root: Uint8Array }> {
  return withWriter(
    to,
    async (folder) => {
      if (await folder.exists(layout.timestamp))
        throw new CommandError(`${to} is already a registry. To change its keys: perigee rotate.`);
      const role = (name: RoleName): RoleKeys =>
        roleOf(name, signers[name].keys, signers[name].threshold);
      const roles = {
        root: role('root'),
        targets: role('targets'),
        snapshot: role('snapshot'),
        timestamp: role('timestamp'),
      };
      const all = new Map(
        ROLES.flatMap((name) =>
          signers[name].keys.map((key) => [key.keyid, publicPart(key)] as const),
        ),
      );
      const files = await buildFirstMetadata(
        { keys: all, roles },
        role('channels'),
        keys.sign,
        expiry,
        now,
      );
      for (const { path, bytes } of files) await folder.write(path, bytes);
      return { root: files[0]?.bytes ?? new Uint8Array() };
    },
    { create: true },
  );
}

function everyRole(keys: readonly SigningKey[]): RoleSigners {
  return {
    root: { keys },
    targets: { keys },
    channels: { keys },
    snapshot: { keys },
    timestamp: { keys },
  };
}

/**
 * Opens a registry.
 * @throws CommandError when there is no registry or it is incomplete, RegistryError when it does
 * not verify
 */
export async function openRegistry(folder: Folder): Promise<OpenRegistry> {
  const first = await folder.read(layout.root(1));
  if (!first)
    throw new CommandError(
      `${folder.path} is not a registry: it has no ${layout.root(1)}. Make one: perigee init ` +
        `--to ${folder.path}`,
    );
  const newest = memoryTrust(first);
  const { trusted, opened } = await readTrusted(folder, first, newest);
  const rootBytes = (await newest.read('root')) ?? first;
  const { signed: root } = parseMetadata(rootBytes, 'root');
  const role = channelsRole(trusted.targets);
  if (!role)
    throw new CommandError(
      `${folder.path} is not a Perigee registry: its targets delegate nothing to "channels".`,
    );
  const channels = await trusted.delegated(role, trusted.targets);
  const unsigned = SIGNED_BY_ROOT_KEYS.filter(
    (name) => !isSameRole(opened.roles[name], root.roles[name]),
  );
  return {
    folder,
    roles: { ...trusted, root, channels },
    state: await stateOf(trusted),
    expiry: expiryOf(rootBytes),
    unsigned,
  };
}

const SIGNED_BY_ROOT_KEYS = ['targets', 'snapshot', 'timestamp'] as const;

/**
 * Reads the trusted metadata. A rotation that was killed between the new root and the new timestamp
 * leaves metadata that only the keys of the previous root verify. Therefore the newest root that
 * verifies all metadata is used. `newest` always gets the last root of the chain.
 */
async function readTrusted(
  folder: Folder,
  first: Uint8Array,
  newest: TrustStore,
): Promise<{ readonly trusted: TrustedMetadata; readonly opened: Root }> {
  let lastRoot = Number.POSITIVE_INFINITY;
  let trust = newest;
  for (;;) {
    const upTo = lastRoot;
    try {
      // At time 0 nothing has expired.
      const trusted = await refreshTrusted({
        trust,
        now: new Date(0),
        fetch: async (file) =>
          rootVersion(file) > upTo ? undefined : folder.read(layout.metadata(file)),
      });
      return { trusted, opened: trusted.root };
    } catch (error) {
      const root = parseMetadata((await trust.read('root')) ?? first, 'root').signed;
      if (!isUnsigned(error) || root.version <= 1) throw error;
      lastRoot = root.version - 1;
      trust = memoryTrust(first);
    }
  }
}

/** Version of a root file; 0 for other files. */
const rootVersion = (file: string): number => Number(/^(\d+)\.root\.json$/.exec(file)?.[1] ?? 0);

export function isUnsigned(error: unknown): boolean {
  return (
    error instanceof RegistryError &&
    error.details['reason'] === 'signatures' &&
    error.details['role'] !== 'root'
  );
}

/** Whether two roles have the same keys and threshold. */
export function isSameRole(a: RoleKeys, b: RoleKeys): boolean {
  return a.threshold === b.threshold && a.keyids.toSorted().join() === b.keyids.toSorted().join();
}

/**
 * Opens the registry in a folder or bucket.
 * @param to a folder, or s3://bucket/prefix
 * @throws CommandError when there is no registry or it is incomplete, RegistryError when it does
 * not verify
 * @example
 * ```ts
 * const { state } = await readRegistry('registry');
 * ```
 */
export async function readRegistry(to: string): Promise<OpenRegistry> {
  return openRegistry(openDestination(to));
}

/**
 * Writes the next metadata. A new root comes right before the timestamp, because devices cannot
 * verify one with the other in between.
 * @returns the timestamp's version
 */
export async function commitMetadata(
  { folder, roles, expiry, unsigned }: OpenRegistry,
  change: MetadataChange,
  { keys, now = new Date() }: Publisher,
  root?: { readonly path: string; readonly bytes: Uint8Array },
): Promise<number> {
  const resigned = [
    ...(change.resign ?? []),
    ...(unsigned.includes('targets') ? ['targets' as const] : []),
  ];
  const files = await buildMetadata(roles, { ...change, resign: resigned }, keys.sign, expiry, now);
  for (const { path, bytes } of [
    ...files.slice(0, -1),
    ...(root ? [root] : []),
    ...files.slice(-1),
  ])
    await folder.write(path, bytes);
  return roles.timestamp.version + 1;
}

/** The channel file of a model; undefined without channels. */
export async function readChannels(
  { folder, state }: Pick<OpenRegistry, 'folder' | 'state'>,
  name: string,
): Promise<ChannelFile | undefined> {
  if (!state.channels[layout.channelTarget(name)]) return undefined;
  const { path } = resolveChannelFile(state, name);
  const bytes = await folder.read(path);
  if (!bytes)
    throw new CommandError(`The registry ${folder.path} is incomplete: ${path} is missing.`);
  return parseChannelFile(bytes);
}

function expiryOf(root: Uint8Array): ExpiryDays {
  const { signed } = JSON.parse(new TextDecoder().decode(root)) as {
    signed: { x_perigee_expiry_days?: Partial<ExpiryDays> };
  };
  return { ...DEFAULT_EXPIRY, ...signed.x_perigee_expiry_days };
}
