import { decodeBatch, describeProfile } from '@perigee/profile';
import { gunzip } from '@perigee/registry';
import type { ModelStore } from '../store/store.ts';
import { openWindows } from './seal.ts';

const MAX_BATCH_BYTES = 8 * 1024 * 1024;

/** What waits to be sent and what would be sealed next, with names instead of bytes. There is nothing else in a payload. */
export async function previewTelemetry(store: ModelStore): Promise<unknown> {
  const windows = await openWindows(store);
  const queued = await Promise.all((await store.listBatches()).map(async ({ bytes, gzip }) => {
    const { batchId, sealedAtMs, lost, profiles: sealed } = decodeBatch(gzip ? await gunzip(bytes, MAX_BATCH_BYTES, 'batch') : bytes);
    return { batchId, sealedAt: new Date(sealedAtMs).toISOString(), lost, profiles: sealed.map((profile) => describeProfile(profile, null)) };
  }));
  return { next: windows.map(({ profile }) => describeProfile(profile, null)), queued };
}
