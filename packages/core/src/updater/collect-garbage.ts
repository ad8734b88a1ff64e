import type { Sha256 } from '@perigee/registry';
import { versionKey } from '../store/memory.ts';
import type { ModelStore, Pointer, VersionRecord } from '../store/store.ts';
import { heldVersions } from '../store/hold-version.ts';
import { endLease, leasedSinceMs } from './lease.ts';
import { announced } from './sweeps.ts';

const HOUR_MS = 3_600_000;
/**
 * A verified version that is not active after this time was never tried, or lost to a newer one.
 */
const TRIAL_MS = HOUR_MS;
/** An interrupted download is kept this long. */
const STAGING_MS = 14 * 24 * HOUR_MS;

interface Garbage {
  readonly records: readonly VersionRecord[];
  readonly objects: readonly Sha256[];
}

/**
 * Deletes versions that nothing refers to, then objects that no version needs. A version is kept by
 * a pointer that names it (the record's `state` follows the pointers and may lag behind), by a
 * lease, or by a tab that has it open. Mark and sweep: repeating it, or being killed during it,
 * does no harm. Installs and flips of other tabs continue meanwhile; `sweeps.ts` explains why they
 * lose nothing.
 */
export async function collectGarbage(store: ModelStore): Promise<void> {
  const found = await findGarbage(store);
  const targets = [...found.records.map(keyOf), ...found.objects];
  if (targets.length === 0) return;
  await announced(store, targets, async () => {
    const isTarget = new Set(targets);
    const { records, objects } = await findGarbage(store);
    for (const record of records) {
      if (!isTarget.has(keyOf(record))) continue;
      await store.deleteVersion(record.model, record.version, record.variant);
      await endLease(store, record);
    }
    const unused = objects.filter((sha256) => isTarget.has(sha256));
    if (unused.length > 0) await store.deleteObjects(unused);
  });
}

/**
 * Reads objects first, then records, leases and pointers. Concurrent installs and flips require
 * this order: an install stores an object after its record and a lease before its record, and a
 * lease ends after the pointer has moved.
 */
async function findGarbage(store: ModelStore): Promise<Garbage> {
  const objects = await store.listObjects();
  const versions = await store.listVersions();
  const leases = await Promise.all(versions.map((record) => leasedSinceMs(store, record)));
  const pointers = await store.listPointers();
  const isHeld = await heldVersions();

  const needed = new Set<string>();
  const records: VersionRecord[] = [];
  for (const [i, record] of versions.entries()) {
    const isNamed = pointers.some((pointer) => names(pointer, record));
    // Keep the record of a bad version, without its objects, so that the version is not tried
    // again.
    if (record.state === 'bad' && !isNamed) continue;
    const keptMs = record.state === 'staging' ? STAGING_MS : TRIAL_MS;
    if (isNamed || isHeld(record) || Date.now() - (leases[i] ?? 0) < keptMs) {
      for (const digest of record.objects) needed.add(digest);
    } else records.push(record);
  }
  return {
    records,
    objects: objects.map(({ sha256 }) => sha256).filter((sha256) => !needed.has(sha256)),
  };
}

function names({ model, active, previous }: Pointer, record: VersionRecord): boolean {
  return (
    model === record.model &&
    [active, previous].some(
      (side) => side?.version === record.version && side.variant === record.variant,
    )
  );
}

function keyOf({ model, version, variant }: VersionRecord): string {
  return versionKey(model, version, variant);
}
