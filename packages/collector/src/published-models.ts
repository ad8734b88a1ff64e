import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseReference, referenceId } from '@perigee/profile';
import type { ReferenceProfile } from '@perigee/profile';
import {
  isAbsent,
  layout,
  listVersions,
  memoryTrust,
  parseChannelFile,
  parseManifest,
  readBounded,
  refreshRegistry,
  resolveChannelFile,
  sha256Hex,
} from '@perigee/registry';
import type { ChannelFile, RegistryState, ResolvedTarget, TrustStore } from '@perigee/registry';
import { HttpError } from './http/http-error.ts';

/** The reference that a version was published with. */
export interface Reference {
  readonly id: string;
  readonly profile: ReferenceProfile;
}

export interface PublishedModel {
  readonly labels: readonly string[];
  /** Segment names that telemetry may use. */
  readonly segments: readonly string[];
  /** Null for a model published without a reference. */
  readonly reference: Reference | null;
}

/** Published versions, as read from the registry. */
export interface PublishedModels {
  /**
   * Finds a published version; undefined if it is not published.
   * @param sinceMs a time of performance.now(); if the version is missing, only a registry read
   * that began after it proves that it is not published
   * @throws HttpError 503 when the registry cannot be read, or when the version is missing and the
   * last read began before `sinceMs`
   */
  find(model: string, version: string, sinceMs?: number): Promise<PublishedModel | undefined>;
  /**
   * The channel file of a model, at most ten seconds old; undefined for a model without channels.
   * @throws HttpError 503
   */
  channels(model: string): Promise<ChannelFile | undefined>;
}

const MIN_REFRESH_MS = 3_000;
/** Age at which a channel file is read again, since nothing announces its changes. */
const CHANNELS_MS = 10_000;
const MAX_CHANNEL_BYTES = 1024 * 1024;
const MAX_KNOWN = 10_000;
const MAX_ROOT_BYTES = 512 * 1024;
/**
 * Timeout per file, so that a registry that accepts a connection but does not respond cannot block
 * uploads.
 */
const TIMEOUT_MS = 10_000;
const RETRY_AFTER_SECONDS = 60;

interface Reading {
  /** Start of the read, in ms of performance.now(). */
  readonly atMs: number;
  readonly state: Promise<RegistryState>;
}

/**
 * Reads published versions from the registry. They never change, so found versions are cached. An
 * unknown version or a failed read causes another read of the registry, at most every 3 s.
 */
export function createPublishedModels(
  base: string,
  {
    logger,
    timeoutMs = TIMEOUT_MS,
  }: { readonly logger: Pick<Console, 'error'>; readonly timeoutMs?: number },
): PublishedModels {
  const read = reader(base, timeoutMs);
  const known = new Map<string, Promise<PublishedModel>>();
  let last: Reading | undefined;
  let trust: TrustStore | undefined;

  /**
   * Verifies metadata starting from the first root of the registry. Expiry is not checked: it tells
   * devices not to run new versions, while profiles of those versions still count.
   */
  async function readState(): Promise<RegistryState> {
    const fetch = (file: string, maxBytes: number): Promise<Uint8Array | undefined> =>
      read(layout.metadata(file), maxBytes);
    const first = trust ? undefined : await fetch('1.root.json', MAX_ROOT_BYTES);
    if (!trust && !first) throw new Error(`The registry has no ${layout.root(1)}.`);
    if (first) trust = memoryTrust(first);
    return refreshRegistry({ trust: trust as TrustStore, fetch, now: new Date(0) });
  }

  function refresh(): Reading {
    const reading = { atMs: performance.now(), state: readState().catch(unreadable) };
    forgetFailure(reading.state, () => {
      if (last === reading) last = undefined;
    });
    last = reading;
    return reading;
  }

  /** Logs the cause for the operator; the sender is only told to retry. */
  function unreadable(cause: unknown): never {
    logger.error(`The registry ${base} cannot be read.`, cause);
    throw new HttpError(
      503,
      'REGISTRY_UNAVAILABLE',
      "The registry cannot be read; the collector's log says why.",
      RETRY_AFTER_SECONDS,
    );
  }

  return {
    async find(model, version, sinceMs = -Infinity) {
      const key = `${model}@${version}`;
      const found = known.get(key);
      if (found) return found;
      let reading = last ?? refresh();
      let target = listVersions(await reading.state, model).get(version);
      if (!target) {
        reading = last && performance.now() - last.atMs <= MIN_REFRESH_MS ? last : refresh();
        target = listVersions(await reading.state, model).get(version);
      }
      if (!target && reading.atMs < sinceMs)
        throw new HttpError(
          503,
          'MODEL_NOT_FOUND',
          `${key} is not known yet; the registry is read again soon.`,
          MIN_REFRESH_MS / 1_000,
        );
      if (!target) return undefined;
      const loading = load(target, read).catch(unreadable);
      forgetFailure(loading, () => known.delete(key));
      if (known.size < MAX_KNOWN) known.set(key, loading);
      return loading;
    },

    async channels(model) {
      const reading = last && performance.now() - last.atMs <= CHANNELS_MS ? last : refresh();
      const state = await reading.state;
      if (!(layout.channelTarget(model) in state.channels)) return undefined;
      const { path, sizeBytes, sha256 } = resolveChannelFile(state, model);
      return checked(read, path, Math.min(sizeBytes, MAX_CHANNEL_BYTES), sha256)
        .then(parseChannelFile)
        .catch(unreadable);
    },
  };
}

/**
 * The reference of a version.
 * @throws HttpError 404 without a registry, or for a version published without a reference
 */
export async function referenceOf(
  publishedModels: PublishedModels | null,
  model: string,
  version: string,
): Promise<Reference> {
  if (!publishedModels)
    throw new HttpError(
      404,
      'NO_REGISTRY',
      'The collector was started without a registry, where references come from: --registry ' +
        './registry',
    );
  const published = await publishedModels.find(model, version);
  if (!published?.reference)
    throw new HttpError(
      404,
      'NO_REFERENCE',
      `${model}@${version} was published without a reference: pack it with --reference train.csv.`,
    );
  return published.reference;
}

/**
 * Caches a failure for a moment, so that concurrent callers do not each query a failing registry.
 */
function forgetFailure(promise: Promise<unknown>, forget: () => void): void {
  promise.catch(() => setTimeout(forget, MIN_REFRESH_MS).unref());
}

/** Resolves to undefined for a missing file. */
type Read = (path: string, maxBytes: number) => Promise<Uint8Array | undefined>;

async function load(
  { path, sizeBytes, sha256 }: ResolvedTarget,
  read: Read,
): Promise<PublishedModel> {
  const {
    labels = [],
    segments = [],
    reference,
  } = parseManifest(await checked(read, path, sizeBytes, sha256));
  if (!reference) return { labels, segments, reference: null };
  const bytes = await checked(
    read,
    layout.blob(reference.sha256),
    reference.sizeBytes,
    reference.sha256,
  );
  return {
    labels,
    segments,
    reference: { id: await referenceId(bytes), profile: parseReference(bytes) },
  };
}

async function checked(
  read: Read,
  path: string,
  sizeBytes: number,
  sha256: string,
): Promise<Uint8Array> {
  const bytes = await read(path, sizeBytes);
  if (!bytes) throw new Error(`The registry has no ${path}.`);
  if ((await sha256Hex(bytes)) !== sha256)
    throw new Error(`The registry's ${path} does not have the digest its metadata lists.`);
  return bytes;
}

function reader(base: string, timeoutMs: number): Read {
  if (/^https?:/.test(base)) {
    const root = base.endsWith('/') ? base : `${base}/`;
    return async (path, maxBytes) => {
      const url = new URL(path, root);
      const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
      if (isAbsent(path, response.status)) return undefined;
      if (!response.ok || !response.body)
        throw new Error(`The registry answered HTTP ${response.status} for ${url.href}.`);
      return readBounded(response.body as never, maxBytes, path);
    };
  }
  return async (path, maxBytes) => {
    const bytes = await readFile(join(base, path)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
    if (!bytes) return undefined;
    if (bytes.byteLength > maxBytes)
      throw new Error(`The registry's ${path} is longer than the ${maxBytes} bytes listed.`);
    return new Uint8Array(bytes);
  };
}
