import { binCount, decodeBatch, decodeProfile, encodeBatch } from '@perigee/profile';
import type { Losses, Profile, SealedBatch } from '@perigee/profile';
import { gunzip, gzip } from '@perigee/registry';
import type { ModelStore, QueuedBatch, SealedValue } from '../store/store.ts';
import { countLost, lostValues } from './lost.ts';
import { WINDOW_PREFIX } from './record.ts';

/** Below this size, gzip's header costs more than it saves. */
const WORTH_GZIP_BYTES = 200;
/**
 * Limits of a batch. Collectors accept at most 256 profiles, and 256 KiB even if nothing
 * compresses.
 */
const MAX_PROFILES = 200;
const MAX_BYTES = 192 * 1024;
/** Largest inflated batch that collectors accept. */
const MAX_BATCH_BYTES = 1024 * 1024;
/** Most counts in a batch, including zeros: half of what collectors unpack at once. */
const MAX_BINS = 2 ** 22;
/** Collectors refuse older profiles, together with their whole batch. */
const MAX_AGE_HOURS = 31 * 24;
/** Collectors limit uploads with older windows. */
const OLD_HOURS = 48;
/** Collectors refuse windows further in the future in the same way. */
const MAX_AHEAD_HOURS = 25;
const HOUR_MS = 3_600_000;
/** Attempts to seal windows that change meanwhile. */
const ATTEMPTS = 5;

export interface OpenWindow extends SealedValue {
  readonly value: Uint8Array;
  readonly profile: Profile;
}

/**
 * Seals open windows into an immutable batch with a random id, in the transaction that deletes
 * them. Retries then send the same bytes under the same id, so the batch is counted once. Counts
 * added since the windows were read are included; later ones go into the next batch. Undefined when
 * another tab sealed the windows.
 */
export async function sealWindows(
  store: ModelStore,
  windows: readonly OpenWindow[],
): Promise<QueuedBatch | undefined> {
  const keys = new Set(windows.map(({ key }) => key));
  let current = windows;
  for (let attempt = 0; attempt < ATTEMPTS && current.length > 0; attempt += 1) {
    const { values: lossValues, losses } = await lostValues(store);
    const batch = await batchOf(current, losses);
    if (
      await store.addBatch(batch, [
        ...current.map(({ key, value }) => ({ key, value })),
        ...lossValues,
      ])
    )
      return batch;
    current = (await openWindows(store)).filter(({ key }) => keys.has(key));
  }
  return undefined;
}

async function batchOf(windows: readonly OpenWindow[], lost: Losses): Promise<QueuedBatch> {
  const batchId = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
  const sealedAtMs = Date.now();
  const plain = encodeBatch({
    batchId,
    sealedAtMs,
    lost,
    profiles: windows.map(({ profile }) => profile),
  });
  const packed =
    plain.byteLength > WORTH_GZIP_BYTES && typeof CompressionStream === 'function'
      ? await gzip(plain)
      : plain;
  return { batchId, sealedAtMs, gzip: packed !== plain, bytes: packed };
}

/** Decodes a batch. */
export async function openBatch({ bytes, gzip: isGzip }: QueuedBatch): Promise<SealedBatch> {
  return decodeBatch(isGzip ? await gunzip(bytes, MAX_BATCH_BYTES, 'batch') : bytes);
}

/**
 * Returns the counts that are not sealed yet. An unreadable window, written by another version, is
 * dropped and counted as lost.
 */
export async function openWindows(store: ModelStore): Promise<OpenWindow[]> {
  const windows: OpenWindow[] = [];
  for (const [key, value] of await store.getValues(WINDOW_PREFIX)) {
    try {
      if (value instanceof Uint8Array) windows.push({ key, value, profile: decodeProfile(value) });
    } catch {
      await store.deleteValue(key);
      await countLost(store, { unreadable: 1 });
    }
  }
  return windows;
}

/**
 * Whether a collector may count these windows towards its limit of old ones. One hour less than
 * collectors allow, because their clocks may be a little ahead.
 */
export function hasOld(profiles: readonly Profile[]): boolean {
  const oldest = Math.floor(Date.now() / HOUR_MS) - OLD_HOURS + 1;
  return profiles.some(({ key }) => key.hour < oldest);
}

/**
 * Groups windows into batches, each of one group, browser and sampling rate, as collectors require.
 * Windows that are too old for a collector, or too far in the future, get separate batches, so that
 * no others are refused with them. Old windows get separate batches too, which come last, so that
 * no others wait with them.
 */
export function inBatches(windows: readonly OpenWindow[]): OpenWindow[][] {
  const now = Math.floor(Date.now() / HOUR_MS);
  const batches = new Map<string, OpenWindow[]>();
  for (const window of windows) {
    const { group, browser, sampling, hour } = window.profile.key;
    const isOld = hasOld([window.profile]);
    const isRecent = hour > now - MAX_AGE_HOURS;
    // One hour less than collectors accept, because their clocks may be a little behind.
    const isNear = hour < now + MAX_AHEAD_HOURS;
    const text = JSON.stringify([isRecent, isNear, isOld, group, browser, sampling]);
    batches.set(text, [...(batches.get(text) ?? []), window]);
  }
  const refusedFirst = [...batches].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return refusedFirst.flatMap(([, together]) => bySize(together));
}

function bySize(windows: readonly OpenWindow[]): OpenWindow[][] {
  const groups: OpenWindow[][] = [];
  let bytes = 0;
  let bins = 0;
  for (const window of windows) {
    const last = groups.at(-1);
    const size = binCount(window.profile);
    const fits =
      last &&
      last.length < MAX_PROFILES &&
      bytes + window.value.byteLength <= MAX_BYTES &&
      bins + size <= MAX_BINS;
    if (fits) last.push(window);
    else groups.push([window]);
    bytes = window.value.byteLength + (fits ? bytes : 0);
    bins = size + (fits ? bins : 0);
  }
  return groups;
}
