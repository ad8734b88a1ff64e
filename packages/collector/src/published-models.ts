import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseReference, referenceId } from '@perigee/profile';
import type { ReferenceProfile } from '@perigee/profile';
import {
  channelHistory,
  CHANNELS_ROLE,
  isAbsent,
  layout,
  listVersions,
  memoryTrust,
  parseChannelFile,
  parseManifest,
  readBounded,
  refreshTrusted,
  resolveChannelFile,
  sha256Hex,
  stateOf,
} from '@perigee/registry';
import type {
  ChannelChange,
  ChannelFile,
  RegistryState,
  ResolvedTarget,
  TrustStore,
} from '@perigee/registry';
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

/** Published versions, and how channels changed. */
export interface PublishedHistory extends PublishedModels {
  /**
   * The changes of a model's channels, oldest first, as far back as the registry's last 400
   * signatures. For people: only the last state is verified. [] for a model without channels.
   * @throws HttpError 503
   */
  history(model: string): Promise<readonly ChannelChange[]>;
}

const MIN_REFRESH_MS = 3_000;
/** Age at which a channel file is read again, since nothing announces its changes. */
const CHANNELS_MS = 10_000;
const MAX_CHANNEL_BYTES = 1024 * 1024;
/** A registry that is signed every night has as many in a year. */
const MAX_SIGNATURES = 400;
const MAX_KNOWN = 10_000;
const MAX_ROOT_BYTES = 512 * 1024;
/**
 * Timeout per file, so that a registry that accepts a connection but does not respond cannot block
 * uploads.
 */
const TIMEOUT_MS = 10_000;
const RETRY_AFTER_SECONDS = 60;

/** `channelsVersion`: version of the role `channels`, 0 without one. */
type State = RegistryState & { readonly channelsVersion: number };

interface Reading {
  /** Start of the read, in ms of performance.now(). */
  readonly atMs: number;
  readonly state: Promise<State>;
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
): PublishedHistory {
  const read = reader(base, timeoutMs);
  const known = new Map<string, Promise<PublishedModel>>();
  let last: Reading | undefined;
  let trust: TrustStore | undefined;

  /**
   * Verifies metadata starting from the first root of the registry. Expiry is not checked: it tells
   * devices not to run new versions, while profiles of those versions still count.
   */
  async function readState(): Promise<State> {
    const fetch = (file: string, maxBytes: number): Promise<Uint8Array | undefined> =>
      read(layout.metadata(file), maxBytes);
    const first = trust ? undefined : await fetch('1.root.json', MAX_ROOT_BYTES);
    if (!trust && !first) throw new Error(`The registry has no ${layout.root(1)}.`);
    if (first) trust = memoryTrust(first);
    const trusted = await refreshTrusted({
      trust: trust as TrustStore,
      fetch,
      now: new Date(0),
    });
    const { version = 0 } = trusted.snapshot.meta.get(`${CHANNELS_ROLE}.json`) ?? {};
    return { ...(await stateOf(trusted)), channelsVersion: version };
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

  const readChannelHistory = createHistoryReader(read);

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

    async history(model) {
      const reading = last && performance.now() - last.atMs <= CHANNELS_MS ? last : refresh();
      const { channelsVersion } = await reading.state;
      return readChannelHistory(model, channelsVersion).catch(unreadable);
    },
  };
}

/** Reads the changes of channels. Past ones never change, so each file is read once. */
function createHistoryReader(
  read: Read,
): (model: string, latest: number) => Promise<readonly ChannelChange[]> {
  const metadata = new Map<string, Promise<Uint8Array | undefined>>();
  const histories = new Map<
    string,
    { latest: number; changes: Promise<readonly ChannelChange[]> }
  >();
  const cached = (path: string): Promise<Uint8Array | undefined> => {
    const known = metadata.get(path);
    if (known) return known;
    const reading = read(path, MAX_CHANNEL_BYTES);
    metadata.set(path, reading);
    reading.catch(() => metadata.delete(path));
    return reading;
  };
  return (model, latest) => {
    const known = histories.get(model);
    if (known?.latest === latest) return known.changes;
    const oldest = Math.max(1, latest - MAX_SIGNATURES + 1);
    const changes = channelHistory(cached, model, latest, oldest);
    histories.set(model, { latest, changes });
    changes.catch(() => histories.delete(model));
    return changes;
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
