import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { CommandError } from '../command.ts';
import type { Bucket } from './bucket.ts';
import type { Folder } from './folder.ts';

const LOCK = '.publishing';
const STALE_MS = 10 * 60_000;
const RENEW_MS = 2 * 60_000;

/**
 * Runs one writer of a registry in a bucket at a time, over all machines. While `work` runs the lock is renewed, so only that of a dead publisher gets
 * old enough to be taken over. `work` gets the folder to write to: metadata is written there only while the lock is still ours.
 * @throws CommandError while another publisher holds it, when it was taken over meanwhile, and when the server has no conditional writes
 */
export async function withBucketLock<T>(bucket: Bucket, work: (folder: Folder) => Promise<T>): Promise<T> {
  const mine = new TextEncoder().encode(JSON.stringify({ host: hostname(), pid: process.pid, id: randomUUID() }));
  let etag = await take(bucket, mine);

  // One after the other: each needs the ETag of the one before.
  let last: Promise<void> = Promise.resolve();
  const renewNow = async (): Promise<void> => {
    const renewed = await put(bucket, mine, { etag });
    if (renewed === undefined) throw new CommandError(`Another publisher took over ${bucket.path}: this one was silent for too long. What it had not finished is not published; run it again.`);
    etag = renewed;
  };
  const renew = (): Promise<void> => (last = last.catch(() => undefined).then(renewNow));
  // A failure here is told by the renewal before metadata is written.
  const timer = setInterval(() => void renew().catch(() => undefined), RENEW_MS).unref();

  const held: Folder = {
    ...bucket,
    async write(path, bytes) {
      // Other files are named by their content, so a second writer does no harm to them.
      if (path.startsWith('metadata/')) await renew();
      await bucket.write(path, bytes);
    },
  };
  try {
    return await work(held);
  } finally {
    clearInterval(timer);
    await last.catch(() => undefined);
    // The work is done or has a fault of its own to tell; a lock that is left gets old and is taken over.
    await giveBack(bucket, mine).catch(() => undefined);
  }
}

/** The ETag of our lock. */
async function take(bucket: Bucket, mine: Uint8Array): Promise<string> {
  const made = await claim(bucket, mine, 'absent');
  if (made !== undefined) return made;
  const other = await bucket.look(LOCK);
  // Given back since: once more, as new.
  const taken = other === undefined ? await claim(bucket, mine, 'absent') : other.ageMs > STALE_MS ? await claim(bucket, mine, { etag: other.etag }) : undefined;
  if (taken !== undefined) return taken;
  throw new CommandError(`Another publisher is writing to ${bucket.path}. Try again when it is done; if it was killed, 10 minutes after that, or delete ${bucket.path}/${LOCK} now.`);
}

type Condition = Parameters<Bucket['writeIf']>[2];

/** Undefined when another has it. */
async function claim(bucket: Bucket, mine: Uint8Array, condition: Condition): Promise<string | undefined> {
  const etag = await put(bucket, mine, condition);
  if (etag === undefined) return undefined;
  // Some servers ignore conditions without a word. Ours does not hold any more, so the same write again must be refused.
  if ((await bucket.writeIf(LOCK, mine, condition)) === undefined) return etag;
  await giveBack(bucket, mine);
  throw bucket.noConditions();
}

async function put(bucket: Bucket, mine: Uint8Array, condition: Condition): Promise<string | undefined> {
  const etag = await bucket.writeIf(LOCK, mine, condition);
  if (etag !== undefined) return etag;
  // Refused by our own write, when its answer was lost and the client asked again.
  const there = await bucket.look(LOCK);
  return there && isSame(there.bytes, mine) ? there.etag : undefined;
}

async function giveBack(bucket: Bucket, mine: Uint8Array): Promise<void> {
  const there = await bucket.look(LOCK);
  if (there && isSame(there.bytes, mine)) await bucket.remove(LOCK);
}

const isSame = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;
