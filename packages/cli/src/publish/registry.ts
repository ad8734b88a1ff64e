import { buildFirstMetadata, buildMetadata, channelsRole, layout, memoryTrust, parseChannelFile, parseMetadata, refreshTrusted, resolveChannelFile, rootSigned, stateOf, withChannelsKeys } from '@perigee/registry';
import type { ChannelFile, ExpiryDays, MetadataChange, RegistryRoles, RegistryState, RoleKeys, SigningKey } from '@perigee/registry';
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
  const trust = memoryTrust(first);
  // At the beginning of time nothing has expired.
  const trusted = await refreshTrusted({ trust, fetch: (file) => folder.read(layout.metadata(file)), now: new Date(0) });
  const role = channelsRole(trusted.targets);
  if (!role) throw new CommandError(`${folder.path} is no registry of this kind: its targets delegate nothing to "channels".`);
  const channels = await trusted.delegated(role, trusted.targets);
  return { folder, roles: { ...trusted, channels }, state: await stateOf(trusted), expiry: expiryOf((await trust.read('root')) ?? first) };
}

export async function readRegistry(to: string): Promise<OpenRegistry> {
  return openRegistry(openDestination(to));
}

/** Writes the next metadata. @returns the timestamp's version */
export async function commitMetadata({ folder, roles, expiry }: OpenRegistry, change: MetadataChange, { keys, now = new Date() }: Publisher): Promise<number> {
  for (const { path, bytes } of await buildMetadata(roles, change, keys.sign, expiry, now)) await folder.write(path, bytes);
  return roles.timestamp.version + 1;
}

/**
 * Gives a role other keys. A new root is signed by the old keys of the root and by the new ones; what the role signed is signed anew.
 * @throws CommandError when the keys to do so are not here
 */
export async function rotateKeys(publisher: Publisher, name: RoleName, next: { readonly keys: readonly SigningKey[]; readonly threshold?: number }): Promise<{ readonly rootVersion: number }> {
  const { to, keys, now = new Date() } = publisher;
  return withWriter(to, async (folder) => {
    const registry = await openRegistry(folder);
    const { roles, expiry } = registry;
    const { root } = roles;
    const role = roleOf(name, next.keys, next.threshold);
    const known = new Map([...root.keys, ...next.keys.map((key) => [key.keyid, publicPart(key)] as const)]);
    if (name === 'channels') {
      const targets = withChannelsKeys(roles.targets, known, role);
      await commitMetadata({ ...registry, roles: { ...roles, targets } }, { resign: ['targets', 'channels'] }, publisher);
      return { rootVersion: root.version };
    }
    const rootVersion = root.version + 1;
    const changed = { keys: known, roles: { ...root.roles, [name]: role } };
    const signers: RoleKeys = name === 'root' ? { name: 'root', keyids: [...new Set([...root.roles.root.keyids, ...role.keyids])], threshold: new Set([...root.roles.root.keyids.slice(0, root.roles.root.threshold), ...role.keyids]).size } : root.roles.root;
    await folder.write(layout.root(rootVersion), await signRoot(publisher, signers, rootSigned(changed, rootVersion, expiry, now), [root.roles.root, changed.roles.root]));
    await commitMetadata({ ...registry, roles: { ...roles, root: { ...root, ...changed, version: rootVersion } } }, name === 'targets' ? { resign: ['targets'] } : {}, { ...publisher, keys });
    return { rootVersion };
  });
}

/** With every key that is here, which must be enough for the old root and for the new one. */
async function signRoot({ keys }: Publisher, signers: RoleKeys, signed: object, mustSatisfy: readonly RoleKeys[]): Promise<Uint8Array> {
  const here = keys.all.map(({ keyid }) => keyid);
  for (const role of mustSatisfy) {
    const own = role.keyids.filter((keyid) => here.includes(keyid)).length;
    if (own < role.threshold) throw new CommandError(`A new root needs ${role.threshold} of the root keys ${role.keyids.map((keyid) => keyid.slice(0, 12)).join(', ')}; ${own} of them ${own === 1 ? 'is' : 'are'} in ${keys.place}.`);
  }
  const keyids = signers.keyids.filter((keyid) => here.includes(keyid));
  return keys.sign({ name: 'root', keyids, threshold: keyids.length }, signed);
}

/** Signs everything that expires anew, as a nightly job does; what the keys at hand cannot sign (targets, offline) is left as it is. */
export async function resign(publisher: Publisher): Promise<{ readonly metadataVersion: number; readonly resigned: readonly string[]; readonly left: readonly string[] }> {
  return withWriter(publisher.to, async (folder) => {
    const registry = await openRegistry(folder);
    const here = publisher.keys.all.map(({ keyid }) => keyid);
    const canSign = ({ keyids, threshold }: RoleKeys): boolean => keyids.filter((keyid) => here.includes(keyid)).length >= threshold;
    const delegated = channelsRole(registry.roles.targets);
    const wanted = { targets: registry.roles.root.roles.targets, channels: delegated } as const;
    const can = (['targets', 'channels'] as const).filter((name) => wanted[name] && canSign(wanted[name]));
    const metadataVersion = await commitMetadata(registry, { resign: can }, publisher);
    return { metadataVersion, resigned: [...can, 'snapshot', 'timestamp'], left: (['targets', 'channels'] as const).filter((name) => !can.includes(name)) };
  });
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
  parseMetadata(root, 'root');
  const { signed } = JSON.parse(new TextDecoder().decode(root)) as { signed: { x_perigee_expiry_days?: Partial<ExpiryDays> } };
  return { ...DEFAULT_EXPIRY, ...signed.x_perigee_expiry_days };
}
