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

/** Who writes where. */
export interface Publisher {
  /** A folder, or s3://bucket/prefix. */
  readonly to: string;
  readonly keys: Keys;
  /** Default: the clock. */
  readonly now?: Date;
}

/** A registry as it is, verified but for expiry: what has expired is there to be signed anew. */
export interface OpenRegistry {
  readonly folder: Folder;
  readonly roles: RegistryRoles;
  readonly state: RegistryState;
  readonly expiry: ExpiryDays;
  /**
   * Roles that the newest root gives other keys than signed them, because a rotation was killed
   * half-way. The next commit signs them anew.
   */
  readonly unsigned: readonly ('targets' | 'snapshot' | 'timestamp')[];
}

export const ROLES = ['root', 'targets', 'channels', 'snapshot', 'timestamp'] as const;
export type RoleName = (typeof ROLES)[number];
export type RoleSigners = Readonly<Record<RoleName, { readonly keys: readonly SigningKey[]; readonly threshold?: number }>>;

/** Long enough for a team without a nightly job; `perigee resign` before the shortest is over. */
export const DEFAULT_EXPIRY: ExpiryDays = { root: 365, targets: 180, channels: 30, snapshot: 30, timestamp: 30 };

/**
 * Makes an empty registry; its root is what apps compile in.
 * @throws CommandError when there is one already
 */
export async function initRegistry({ to, keys, now = new Date() }: Publisher, signers: RoleSigners = everyRole(keys.all), expiry: ExpiryDays = DEFAULT_EXPIRY): Promise<{ readonly root: Uint8Array }> {
  return withWriter(to, async (folder) => {
    if (await folder.exists(layout.timestamp)) throw new CommandError(`${to} is a registry already. To change its keys: perigee rotate.`);
    const role = (name: RoleName): RoleKeys => roleOf(name, signers[name].keys, signers[name].threshold);
    const roles = { root: role('root'), targets: role('targets'), snapshot: role('snapshot'), timestamp: role('timestamp') };
    const all = new Map(ROLES.flatMap((name) => signers[name].keys.map((key) => [key.keyid, publicPart(key)] as const)));
    const files = await buildFirstMetadata({ keys: all, roles }, role('channels'), keys.sign, expiry, now);
    for (const { path, bytes } of files) await folder.write(path, bytes);
    return { root: files[0]?.bytes ?? new Uint8Array() };
  }, { create: true });
}

function everyRole(keys: readonly SigningKey[]): RoleSigners {
  return { root: { keys }, targets: { keys }, channels: { keys }, snapshot: { keys }, timestamp: { keys } };
}

/** @throws CommandError when there is none, or it is incomplete; RegistryError when it does not verify */
export async function openRegistry(folder: Folder): Promise<OpenRegistry> {
  const first = await folder.read(layout.root(1));
  if (!first) throw new CommandError(`${folder.path} is no registry: it has no ${layout.root(1)}. Make one: perigee init --to ${folder.path}`);
  const newest = memoryTrust(first);
  const { trusted, opened } = await readTrusted(folder, first, newest);
  const rootBytes = (await newest.read('root')) ?? first;
  const { signed: root } = parseMetadata(rootBytes, 'root');
  const role = channelsRole(trusted.targets);
  if (!role) throw new CommandError(`${folder.path} is no registry of this kind: its targets delegate nothing to "channels".`);
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
 * A rotation that was killed between the new root and the new timestamp leaves metadata that only
 * the keys of the root before can verify. So the registry is opened with the newest root that
 * verifies all of it. `newest` gets the last root of the chain in any case.
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
      // At the beginning of time nothing has expired.
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

/** 0 for a file that is no root. */
const rootVersion = (file: string): number => Number(/^(\d+)\.root\.json$/.exec(file)?.[1] ?? 0);

export function isUnsigned(error: unknown): boolean {
  return error instanceof RegistryError && error.details['reason'] === 'signatures' && error.details['role'] !== 'root';
}

/** Whether two roles have the same keys and threshold. */
export function isSameRole(a: RoleKeys, b: RoleKeys): boolean {
  return a.threshold === b.threshold && a.keyids.toSorted().join() === b.keyids.toSorted().join();
}

export async function readRegistry(to: string): Promise<OpenRegistry> {
  return openRegistry(openDestination(to));
}

/**
 * Writes the next metadata; a new root right before the timestamp, because in between devices
 * cannot verify the one by the other.
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

/** Undefined for a model without channels. */
export async function readChannels({ folder, state }: Pick<OpenRegistry, 'folder' | 'state'>, name: string): Promise<ChannelFile | undefined> {
  if (!state.channels[layout.channelTarget(name)]) return undefined;
  const { path } = resolveChannelFile(state, name);
  const bytes = await folder.read(path);
  if (!bytes) throw new CommandError(`The registry ${folder.path} is incomplete: ${path} is missing.`);
  return parseChannelFile(bytes);
}

function expiryOf(root: Uint8Array): ExpiryDays {
  const { signed } = JSON.parse(new TextDecoder().decode(root)) as { signed: { x_perigee_expiry_days?: Partial<ExpiryDays> } };
  return { ...DEFAULT_EXPIRY, ...signed.x_perigee_expiry_days };
}
