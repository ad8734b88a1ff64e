import { isDelegated } from '../tuf/match-path.ts';
import type { DelegatedRole, TargetFile, Targets } from '../tuf/metadata.ts';
import { loadTrusted, refreshTrusted } from '../tuf/refresh.ts';
import type { RefreshOptions, TrustedMetadata, TrustStore } from '../tuf/refresh.ts';

/** Length and digest of an object under `targets/`. */
export interface Target {
  readonly length: number;
  readonly sha256: string;
}

/**
 * Everything that a registry lists, by path in the metadata. The targets role signs the manifests,
 * the role `channels` signs the channel files.
 */
export interface RegistryState {
  /** Version of the timestamp; grows with every change. */
  readonly version: number;
  readonly targets: Readonly<Record<string, Target>>;
  readonly channels: Readonly<Record<string, Target>>;
  /**
   * Some of the metadata has expired. Active versions may keep answering, but no new version
   * becomes active.
   */
  readonly stale: boolean;
}

/**
 * The delegated role that selects the version of each channel. It can select only versions that the
 * targets role signed.
 */
export const CHANNELS_ROLE = 'channels';

/**
 * Reads the current state of a registry and verifies it from the trusted root down.
 * @throws RegistryError UNTRUSTED, EXPIRED, INTEGRITY, INVALID_MANIFEST, WRONG_CONTENT; also
 * whatever `fetch` throws
 * @example
 * ```ts
 * const options = { trust: memoryTrust(root), fetch: readMetadata, now: new Date() };
 * const state = await refreshRegistry(options);
 * Object.keys(state.channels); // ['channels/digits.json']
 * ```
 */
export async function refreshRegistry(options: RefreshOptions): Promise<RegistryState> {
  return stateOf(await refreshTrusted(options));
}

/**
 * The last known state of a registry, without network. Undefined if no complete state was ever
 * stored.
 * @throws RegistryError UNTRUSTED, INTEGRITY, INVALID_MANIFEST when the store was tampered with
 * @example
 * ```ts
 * const state = await loadRegistry(trust, new Date());
 * ```
 */
export async function loadRegistry(
  trust: TrustStore,
  now: Date,
): Promise<RegistryState | undefined> {
  const trusted = await loadTrusted(trust, { now });
  return trusted && stateOf(trusted);
}

/**
 * Everything that verified metadata lists. It loads the role `channels`.
 * @throws RegistryError as `refreshRegistry()` does, for the role `channels`
 * @example
 * ```ts
 * const { targets, stale } = await stateOf(trusted);
 * ```
 */
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

/**
 * The delegation to the role `channels`; undefined without one.
 * @example
 * ```ts
 * const role = channelsRole(trusted.targets);
 * ```
 */
export function channelsRole({ delegations }: Targets): DelegatedRole | undefined {
  return delegations?.roles.find(({ name }) => name === CHANNELS_ROLE);
}

async function listed(
  { targets }: Targets,
  isOurs: (path: string) => Promise<boolean>,
): Promise<Record<string, Target>> {
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
