import {
  blockedBy,
  isAbsent,
  layout,
  loadRegistry,
  mayBeAbsent,
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
import { foreignContent } from './foreign-content.ts';
import { installIdOf, pinOf, rememberPolicy } from './policy.ts';
import { refreshInTime } from './refresh-in-time.ts';
import { checkMinSdk } from './sdk-version.ts';
import { openTrust } from './trust.ts';
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

const NEVER_CACHED: ReadonlySet<string> = new Set([layout.timestamp, layout.root(1)]);

/** Limits for a mirror, when the previous host does not have the file. */
const IMPATIENT = { attempts: 1, stallMs: 10_000, slowMs: 10_000 } as const;

export function createRegistryClient(
  store: ModelStore,
  { bases, trustedRoot, installId }: RegistryOptions,
  ask?: Requester,
): RegistryClient {
  const [base = ''] = bases;
  const fetch: FetchBytes = (url, options) => fetchBytes(url, options, ask);
  const urls = (path: string): string[] =>
    bases.map((one) => new URL(path, one.endsWith('/') ? one : `${one}/`).href);
  let trust: Promise<Trust> | undefined;

  /**
   * Fetches a JSON document from the first host that serves it correctly. Everything except chunks
   * is JSON, so HTML and other wrong content is recognised.
   */
  async function fetchDocument(
    path: string,
    maxBytes: number,
    signal?: AbortSignal,
    isRight?: (bytes: Uint8Array) => Promise<boolean>,
  ): Promise<Uint8Array> {
    let fault: unknown;
    // Bypass caches for files that may change under the same name.
    const first = NEVER_CACHED.has(path);
    for (const url of urls(path)) {
      const absent = mayBeAbsent(path) && saysAbsent(path, fault);
      for (const reload of isRight ? [false, true] : [first]) {
        try {
          const bytes = await fetch(url, { maxBytes, signal, reload, ...(absent && IMPATIENT) });
          const foreign = foreignContent(bytes);
          if (foreign)
            throw new PerigeeError('WRONG_CONTENT', `${url} answered ${foreign}.`, {
              details: { url },
            });
          if (!isRight || (await isRight(bytes))) return bytes;
          fault = new PerigeeError(
            'INTEGRITY',
            `${url} is not what the registry's metadata lists. The host serves changed ` +
              'bytes; publish again or check for a proxy that rewrites files.',
            { details: { url } },
          );
        } catch (error) {
          signal?.throwIfAborted();
          // If a previous host said that the file does not exist, that remains the answer, whatever
          // fails at the other hosts.
          if (!absent) fault = error;
          break;
        }
      }
    }
    throw fault;
  }

  async function fetchMetadata(
    file: string,
    maxBytes: number,
    signal?: AbortSignal,
  ): Promise<Uint8Array | undefined> {
    const path = layout.metadata(file);
    return fetchDocument(path, maxBytes, signal).catch((error: unknown) => {
      if (saysAbsent(path, error)) return undefined;
      throw error;
    });
  }

  const fetchTarget = (
    { path, sizeBytes, sha256 }: ResolvedTarget,
    signal?: AbortSignal,
  ): Promise<Uint8Array> =>
    fetchDocument(
      path,
      sizeBytes,
      signal,
      async (bytes) => bytes.byteLength === sizeBytes && (await sha256Hex(bytes)) === sha256,
    );

  async function refresh(signal?: AbortSignal): Promise<RegistryState> {
    trust ??= openTrust(store, base, trustedRoot, (path, maxBytes) =>
      fetchMetadata(path.replace(/^metadata\//, ''), maxBytes, signal),
    );
    const trusted = await trust.catch((error: unknown) => {
      trust = undefined;
      throw error;
    });
    return refreshInTime(trusted, (now) =>
      refreshRegistry({
        trust: trusted,
        now,
        fetch: (file, maxBytes) => fetchMetadata(file, maxBytes, signal),
      }),
    );
  }

  async function channelsOf(
    state: RegistryState,
    ref: ModelRef,
    signal?: AbortSignal,
  ): Promise<ChannelFile | null> {
    if (ref.selector.kind === 'range' && !state.channels[layout.channelTarget(ref.name)])
      return null;
    const file = parseChannelFile(await fetchTarget(resolveChannelFile(state, ref.name), signal));
    if (file.model !== ref.name)
      throw new PerigeeError(
        'INTEGRITY',
        `The channel file listed for ${ref.name} is of ${file.model}.`,
      );
    await rememberPolicy(store, { bases, trustedRoot }, file);
    return file;
  }

  return {
    urls,
    fetch,
    refresh,
    async isStale() {
      const trusted = await openTrust(store, base, trustedRoot, async () => undefined);
      return (await loadRegistry(trusted, await trusted.now()))?.stale ?? false;
    },
    async resolve(text, signal) {
      const asked = parseModelRef(text);
      const state = await refresh(signal);
      const channels = await channelsOf(state, asked, signal);
      const pinned = await pinOf(store, asked);
      const ref: ModelRef =
        pinned !== undefined && (!channels || blockedBy(channels, pinned) === null)
          ? { name: asked.name, selector: { kind: 'range', range: pinned } }
          : asked;
      const resolved = await resolveVersion(state, channels, ref, {
        installId: installId ?? (await installIdOf(store)),
        now: new Date(),
      });
      const manifestBytes = await fetchTarget(resolved, signal);
      const manifest = parseManifest(manifestBytes);
      if (manifest.name !== ref.name || manifest.version !== resolved.version) {
        throw new PerigeeError(
          'INTEGRITY',
          `The manifest listed for ${ref.name}@${resolved.version} describes ` +
            `${manifest.name}@${manifest.version}.`,
        );
      }
      checkMinSdk(manifest);
      return {
        ...resolved,
        ...(pinned !== undefined && ref !== asked && { reason: `pinned to ${pinned}` }),
        manifest,
        manifestBytes,
      };
    },
  };
}

/**
 * Whether an error means that a host does not have a file. Some hosts answer with a status, some
 * with their index page.
 */
function saysAbsent(path: string, error: unknown): boolean {
  if (!(error instanceof PerigeeError)) return false;
  if (error.code === 'WRONG_CONTENT') return mayBeAbsent(path);
  return error.code === 'MODEL_NOT_FOUND' || isAbsent(path, Number(error.details['status']));
}
