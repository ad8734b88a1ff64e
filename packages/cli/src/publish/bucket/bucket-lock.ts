import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { CommandError } from '../../command.ts';
import type { Bucket, WriteCondition } from './bucket.ts';
import type { Folder } from '../folder.ts';

const LOCK = '.publishing';
const STALE_MS = 10 * 60_000;
const RENEW_MS = 2 * 60_000;

/**
 * Runs one writer of a registry in a bucket at a time, across all machines. The lock is renewed
 * while `work` runs, so only the lock of a dead publisher becomes old enough to be taken over.
 * `work` gets the folder to write to; it writes metadata only while the lock is still ours.
 * @throws CommandError if another publisher holds the lock, if it was taken over in the meantime,
 * or if the server lacks conditional writes
 */
export async function withBucketLock<T>(
  bucket: Bucket,
  work: (folder: Folder) => Promise<T>,
): Promise<T> {
  const mine = new TextEncoder().encode(
    JSON.stringify({ host: hostname(), pid: process.pid, id: randomUUID() }),
  );
  let etag = await take(bucket, mine);

  // Renewals are sequential: each needs the ETag of the one before.
  let last: Promise<void> = Promise.resolve();
  const renewNow = async (): Promise<void> => {
    const renewed = await put(bucket, mine, { etag });
    if (renewed === undefined)
      throw new CommandError(
        `Another publisher took over ${bucket.path}: this one did not renew its lock in ` +
          'time. Unfinished work is not published; run the command again.',
      );
    etag = renewed;
  };
  const renew = (): Promise<void> => (last = last.catch(() => undefined).then(renewNow));
  // Ignore a failure here: the renewal before metadata is written reports it.
  const timer = setInterval(() => void renew().catch(() => undefined), RENEW_MS).unref();

  const held: Folder = {
    ...bucket,
    async write(path, bytes) {
      // Other files are named by their content, so a second writer does not harm them.
      if (path.startsWith('metadata/')) await renew();
      await bucket.write(path, bytes);
    },
  };
  try {
    return await work(held);
  } finally {
    clearInterval(timer);
    await last.catch(() => undefined);
    // The work is done or reports its own error. A lock that stays becomes old and is taken over.
    await giveBack(bucket, mine).catch(() => undefined);
  }
}

/** Takes the lock and returns its ETag. */
async function take(bucket: Bucket, mine: Uint8Array): Promise<string> {
  const made = await claim(bucket, mine, 'absent');
  if (made !== undefined) return made;
  const other = await bucket.readObject(LOCK);
  // If the lock was released in the meantime, try again as new.
  const taken =
    other === undefined
      ? await claim(bucket, mine, 'absent')
      : other.ageMs > STALE_MS
        ? await claim(bucket, mine, { etag: other.etag })
        : undefined;
  if (taken !== undefined) return taken;
  throw new CommandError(
    `Another publisher is writing to ${bucket.path}. Try again when it is done. If it was ` +
      `killed, try again after 10 minutes, or delete ${bucket.path}/${LOCK}.`,
  );
}

/** Claims the lock; undefined if another publisher has it. */
async function claim(
  bucket: Bucket,
  mine: Uint8Array,
  condition: WriteCondition,
): Promise<string | undefined> {
  const etag = await put(bucket, mine, condition);
  if (etag === undefined) return undefined;
  // Some servers silently ignore conditions. Our condition no longer holds, so the same write must
  // now be refused.
  if ((await bucket.writeIf(LOCK, mine, condition)) === undefined) return etag;
  await giveBack(bucket, mine);
  throw bucket.noConditions();
}

async function put(
  bucket: Bucket,
  mine: Uint8Array,
  condition: WriteCondition,
): Promise<string | undefined> {
  const etag = await bucket.writeIf(LOCK, mine, condition);
  if (etag !== undefined) return etag;
  // Our own write may have caused the refusal, if its answer was lost and the client retried.
  const lock = await bucket.readObject(LOCK);
  return lock && isSame(lock.bytes, mine) ? lock.etag : undefined;
}

async function giveBack(bucket: Bucket, mine: Uint8Array): Promise<void> {
  const lock = await bucket.readObject(LOCK);
  if (lock && isSame(lock.bytes, mine)) await bucket.remove(LOCK);
}

const isSame = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;
