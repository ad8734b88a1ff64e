import {
  blockedBy,
  layout,
  loadRegistry,
  parseChannelFile,
  parseManifest,
  parseModelRef,
  refreshRegistry,
  resolveChannelFile,
  resolveVersion,
  sha256Hex,
} from '@perigee/registry';
import type {
  ChannelFile,
  Manifest,
  ModelRef,
  RegistryState,
  ResolvedTarget,
  ResolvedVersion,
} from '@perigee/registry';
import { PerigeeError } from '../error.ts';
import type { ModelStore } from '../store/store.ts';
import type { Requester } from '../request/requester.ts';
import { fetchBytes } from './fetch-bytes.ts';
import type { FetchBytes } from './fetch-bytes.ts';
import { fetchAhead } from './fetch-ahead.ts';
import { fetchDocument, saysAbsent, urlsOf } from './fetch-document.ts';
import type { Hosts } from './fetch-document.ts';
import { installIdOf, pinOf, rememberPolicy } from './policy.ts';
import { refreshInTime } from './refresh-in-time.ts';
import { checkMinSdk } from './sdk-version.ts';
import { knowsNothing, openTrust } from './trust.ts';
import type { Registry, Trust } from './trust.ts';

export interface Release extends ResolvedVersion {
  readonly manifest: Manifest;
  readonly manifestBytes: Uint8Array;
}

/** Reads a registry. Every result is verified by signatures and digests from the trusted root. */
export interface RegistryClient {
  /** Returns the release that the registry offers this device for a reference. */
  resolve(ref: string, signal?: AbortSignal): Promise<Release>;
  /** Refreshes the metadata. */
  refresh(signal?: AbortSignal): Promise<RegistryState>;
  /** Whether the metadata on this device has expired; false without metadata. */
  isStale(): Promise<boolean>;
  /** Absolute URLs of an object: the registry's, then the mirrors'. */
  urls(path: string): readonly string[];
  /** `fetchBytes` with the registry's headers and credentials. */
  readonly fetch: FetchBytes;
}

export interface RegistryOptions extends Registry {
  readonly installId: string | null;
}

/** A registry as this device knows it. */
interface KnownRegistry extends RegistryOptions, Hosts {
  readonly store: ModelStore;
  /** The trusted metadata, once it is opened. A failure is forgotten. */
  trust: Promise<Trust> | undefined;
}

export function createRegistryClient(
  store: ModelStore,
  options: RegistryOptions,
  ask?: Requester,
): RegistryClient {
  const fetch: FetchBytes = (url, fetchOptions) => fetchBytes(url, fetchOptions, ask);
  const registry: KnownRegistry = { ...options, store, fetch, trust: undefined };
  return {
    urls: (path) => urlsOf(registry, path),
    fetch,
    refresh: (signal) => refresh(registry, signal),
    async isStale() {
      const [base = ''] = registry.bases;
      const trusted = await openTrust(store, base, registry.trustedRoot, async () => undefined);
      return (await loadRegistry(trusted, await trusted.now()))?.stale ?? false;
    },
    resolve: (ref, signal) => resolve(registry, ref, signal),
  };
}

async function refresh(registry: KnownRegistry, signal?: AbortSignal): Promise<RegistryState> {
  const { store, bases, trustedRoot } = registry;
  const [base = ''] = bases;
  const fetch = fetchAhead(
    (file, maxBytes) => fetchMetadata(registry, file, maxBytes, signal),
    await knowsNothing(store, base),
  );
  registry.trust ??= openTrust(store, base, trustedRoot, (path, maxBytes) =>
    fetch(path.replace(/^metadata\//, ''), maxBytes),
  );
  const trust = await registry.trust.catch((error: unknown) => {
    registry.trust = undefined;
    throw error;
  });
  return refreshInTime(trust, (now) => refreshRegistry({ trust, now, fetch }));
}

async function resolve(
  registry: KnownRegistry,
  text: string,
  signal?: AbortSignal,
): Promise<Release> {
  const { store, installId } = registry;
  const asked = parseModelRef(text);
  const state = await refresh(registry, signal);
  const channels = await channelsOf(registry, state, asked, signal);
  const pinned = await pinOf(store, asked);
  const ref: ModelRef =
    pinned !== undefined && (!channels || blockedBy(channels, pinned) === null)
      ? { name: asked.name, selector: { kind: 'range', range: pinned } }
      : asked;
  const resolved = await resolveVersion(state, channels, ref, {
    installId: installId ?? (await installIdOf(store)),
    now: new Date(),
  });
  const manifestBytes = await fetchTarget(registry, resolved, signal);
  const manifest = parseManifest(manifestBytes);
  if (manifest.name !== ref.name || manifest.version !== resolved.version)
    throw new PerigeeError(
      'INTEGRITY',
      `The manifest listed for ${ref.name}@${resolved.version} describes ` +
        `${manifest.name}@${manifest.version}.`,
    );
  checkMinSdk(manifest);
  return {
    ...resolved,
    ...(pinned !== undefined && ref !== asked && { reason: `pinned to ${pinned}` }),
    manifest,
    manifestBytes,
  };
}

/** The model's channel file; null if it has none and the reference needs none. */
async function channelsOf(
  registry: KnownRegistry,
  state: RegistryState,
  ref: ModelRef,
  signal?: AbortSignal,
): Promise<ChannelFile | null> {
  if (ref.selector.kind === 'range' && !state.channels[layout.channelTarget(ref.name)]) return null;
  const target = resolveChannelFile(state, ref.name);
  const file = parseChannelFile(await fetchTarget(registry, target, signal));
  if (file.model !== ref.name)
    throw new PerigeeError(
      'INTEGRITY',
      `The channel file listed for ${ref.name} is of ${file.model}.`,
    );
  await rememberPolicy(registry.store, registry, file);
  return file;
}

async function fetchMetadata(
  registry: KnownRegistry,
  file: string,
  maxBytes: number,
  signal?: AbortSignal,
): Promise<Uint8Array | undefined> {
  const path = layout.metadata(file);
  return fetchDocument(registry, { path, maxBytes, signal }).catch((error: unknown) => {
    if (saysAbsent(path, error)) return undefined;
    throw error;
  });
}

function fetchTarget(
  registry: KnownRegistry,
  { path, sizeBytes, sha256 }: ResolvedTarget,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  return fetchDocument(registry, {
    path,
    maxBytes: sizeBytes,
    signal,
    isRight: async (bytes) => bytes.byteLength === sizeBytes && (await sha256Hex(bytes)) === sha256,
  });
}
