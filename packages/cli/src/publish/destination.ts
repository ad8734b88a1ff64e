import { layout } from '@perigee/registry';
import { CommandError } from '../command.ts';
import { withBucketLock } from './bucket/bucket-lock.ts';
import { openBucket } from './bucket/bucket.ts';
import { openFolder } from './folder.ts';
import { withLock } from './folder-lock.ts';
import type { Folder } from './folder.ts';

/**
 * Opens a registry to read or write: a folder on this machine, or a bucket (`s3://bucket/prefix`).
 */
export function openDestination(to: string): Folder {
  return isBucket(to) ? openBucket(to) : openFolder(to);
}

/**
 * Runs one writer of a registry at a time.
 * @throws CommandError when there is no registry, unless `create` is set
 */
export async function withWriter<T>(
  to: string,
  work: (registry: Folder) => Promise<T>,
  { create = false } = {},
): Promise<T> {
  // Check before taking the lock, which would create the folder.
  if (!create && !(await openDestination(to).exists(layout.root(1))))
    throw new CommandError(
      `${to} is not a registry: it has no ${layout.root(1)}. Make one: perigee init --to ${to}`,
    );
  return isBucket(to)
    ? withBucketLock(openBucket(to), work)
    : withLock(to, () => work(openFolder(to)));
}

function isBucket(to: string): boolean {
  return to.startsWith('s3://');
}
