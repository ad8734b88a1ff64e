import { isDelegated } from '../tuf/match-path.ts';
import type { DelegatedRole, TargetFile, Targets } from '../tuf/metadata.ts';
import { loadTrusted, refreshTrusted } from '../tuf/refresh.ts';
import type { RefreshOptions, TrustedMetadata, TrustStore } from '../tuf/refresh.ts';

/** Length and digest of an object under `targets/`. */
export interface Target {
  readonly length: number;
  readonly sha256: string;
}

/** What a registry lists, every entry signed for: manifests by the targets role, channel files by the role `channels`. By path in the metadata. */
export interface RegistryState {
  /** Of the timestamp; grows with every change. */
  readonly version: number;
  readonly targets: Readonly<Record<string, Target>>;
  readonly channels: Readonly<Record<string, Target>>;
  /** Something of it has expired: what is active may go on answering, nothing new becomes active. */
  readonly stale: boolean;
}

/** The delegated role that says which version a channel names. It can choose among versions the targets role signed, and add none. */
export const CHANNELS_ROLE = 'channels';

/**
 * The registry as it is now, verified from the trusted root down.
 * @throws RegistryError UNTRUSTED, EXPIRED, INTEGRITY, INVALID_MANIFEST, WRONG_CONTENT, and what `fetch` throws
 */
export async function refreshRegistry(options: RefreshOptions): Promise<RegistryState> {
  return stateOf(await refreshTrusted(options));
}

/** The registry as it was seen last, without network; undefined when it never was seen whole. */
export async function loadRegistry(trust: TrustStore, now: Date): Promise<RegistryState | undefined> {
  const trusted = await loadTrusted(trust, { now });
  return trusted && stateOf(trusted);
}

export async function stateOf(trusted: TrustedMetadata): Promise<RegistryState> {
  const role = channelsRole(trusted.targets);
  const channels = role && (await trusted.delegated(role, trusted.targets));
  return {
    version: trusted.timestamp.version,
    targets: await listed(trusted.targets, async (path) => path.startsWith('models/')),
    channels: channels && role ? await listed(channels, (path) => isDelegated(role, path)) : {},
    stale: trusted.stale,
  };
}

export function channelsRole({ delegations }: Targets): DelegatedRole | undefined {
  return delegations?.roles.find(({ name }) => name === CHANNELS_ROLE);
}

async function listed({ targets }: Targets, isOurs: (path: string) => Promise<boolean>): Promise<Record<string, Target>> {
  const entries: [string, Target][] = [];
  for (const [path, file] of targets) {
    const target = toTarget(file);
    if (target && (await isOurs(path))) entries.push([path, target]);
  }
  return Object.fromEntries(entries);
}

function toTarget({ length, hashes }: TargetFile): Target | undefined {
  const { sha256 } = hashes;
  return sha256 === undefined ? undefined : { length, sha256 };
}
