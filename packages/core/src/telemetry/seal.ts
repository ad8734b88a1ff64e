import { decodeProfile, encodeBatch } from '@perigee/profile';
import type { Profile } from '@perigee/profile';
import { gzip } from '@perigee/registry';
import type { ModelStore, SealedValue } from '../store/store.ts';
import { countLost, lostValue } from './lost.ts';
import { WINDOW_PREFIX } from './record.ts';

/** Below this gzip's header costs more than it saves. */
const WORTH_GZIP_BYTES = 200;
/** What collectors take at once: at most 256 profiles, and 256 KiB even where nothing can be compressed. */
const MAX_PROFILES = 200;
const MAX_BYTES = 192 * 1024;
/** Counts, zeros among them: half of what collectors unpack at once. */
const MAX_CELLS = 2 ** 22;
/** Collectors refuse what is older, and with it all that is in its batch. */
const MAX_AGE_HOURS = 31 * 24;
const HOUR_MS = 3_600_000;
/** Counting goes on while windows are sealed; then they are read anew. */
const ATTEMPTS = 5;

interface OpenWindow extends SealedValue {
  readonly value: Uint8Array;
  readonly profile: Profile;
}

/**
 * Turns all open windows into immutable batches with random ids, each in the transaction that clears its windows. From here on a retry sends
 * the same bytes under the same id, which is why it is counted once. What is counted while a batch is made stays for the next.
 */
export async function sealWindows(store: ModelStore): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const sealed: boolean[] = [];
    for (const group of inGroups(await openWindows(store))) sealed.push(await sealGroup(store, group));
    if (sealed.every(Boolean)) return;
  }
}

async function sealGroup(store: ModelStore, windows: readonly OpenWindow[]): Promise<boolean> {
  const batchId = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
  const sealedAtMs = Date.now();
  const lost = await lostValue(store);
  const plain = encodeBatch({ batchId, sealedAtMs, lost: lost?.losses ?? {}, profiles: windows.map(({ profile }) => profile) });
  const packed = plain.byteLength > WORTH_GZIP_BYTES && typeof CompressionStream === 'function' ? await gzip(plain) : plain;
  const values: SealedValue[] = windows.map(({ key, value }) => ({ key, value }));
  return store.addBatch({ batchId, sealedAtMs, gzip: packed !== plain, bytes: packed }, lost ? [...values, { key: lost.key, value: lost.value }] : values);
}

/** What is counted and not yet sealed. A window that cannot be read (written by another version) is dropped, and counted. */
export async function openWindows(store: ModelStore): Promise<OpenWindow[]> {
  const windows: OpenWindow[] = [];
  for (const key of await store.listValues(WINDOW_PREFIX)) {
    const value = await store.getValue(key);
    try {
      if (value instanceof Uint8Array) windows.push({ key, value, profile: decodeProfile(value) });
    } catch {
      await store.deleteValue(key);
      await countLost(store, 'unreadable', 1);
    }
  }
  return windows;
}

/** What is too old for a collector is in batches of its own: refused with them, it takes nothing else along. */
function inGroups(windows: readonly OpenWindow[]): OpenWindow[][] {
  const oldest = Math.floor(Date.now() / HOUR_MS) - MAX_AGE_HOURS;
  const isOld = ({ profile }: OpenWindow): boolean => profile.key.hour <= oldest;
  return [windows.filter(isOld), windows.filter((window) => !isOld(window))].flatMap(bySize);
}

function bySize(windows: readonly OpenWindow[]): OpenWindow[][] {
  const groups: OpenWindow[][] = [];
  let bytes = 0;
  let cells = 0;
  for (const window of windows) {
    const last = groups.at(-1);
    const size = cellsOf(window.profile);
    const fits = last && last.length < MAX_PROFILES && bytes + window.value.byteLength <= MAX_BYTES && cells + size <= MAX_CELLS;
    if (fits) last.push(window);
    else groups.push([window]);
    bytes = window.value.byteLength + (fits ? bytes : 0);
    cells = size + (fits ? cells : 0);
  }
  return groups;
}

function cellsOf({ features, labels, scores, values, latency, confusion }: Profile): number {
  return [...features.map(({ bins }) => bins), labels, scores, values, ...latency].reduce((sum, { length }) => sum + length, confusion.size);
}
