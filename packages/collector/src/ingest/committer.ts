import { ProfileError } from '@perigee/profile';
import { HttpError } from '../http/http-error.ts';
import type { CollectorStore, Upload } from '../store/store.ts';

const FLUSH_ROWS = 256;
const FLUSH_MS = 2;

interface Waiting {
  readonly batch: Upload;
  readonly resolve: (isNew: boolean) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Group commit: many uploads share one transaction and one disk flush, and each is answered after
 * that flush.
 */
export interface Committer {
  /**
   * Resolves once the batch is durable: true if it is new, false if it was stored before.
   * @throws HttpError 422 if it cannot be added to the stored sums
   */
  add(batch: Upload): Promise<boolean>;
  /** Commits all waiting batches. */
  flush(): Promise<void>;
  /** Number of batches that are not durable yet. */
  waiting(): number;
  /** When the last batches became durable, in ms since 1970; undefined if none did. */
  lastMs(): number | undefined;
}

/** Runs one commit at a time. Batches that arrive meanwhile form the next one. */
export function createCommitter(store: CollectorStore): Committer {
  let waiting: Waiting[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  let committing: Promise<void> = Promise.resolve();
  let unfinished = 0;
  let lastMs: number | undefined;

  function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    committing = committing.then(async () => {
      const group = waiting;
      waiting = [];
      if (group.length > 0) await commit(group);
      unfinished -= group.length;
    });
    return committing;
  }

  async function commit(group: readonly Waiting[]): Promise<void> {
    try {
      const fresh = await store.commit(group.map(({ batch }) => batch));
      lastMs = Date.now();
      group.forEach(({ resolve }, i) => resolve(fresh[i] ?? false));
    } catch (error) {
      // One bad batch must not fail the others, so commit them one by one. If the store itself
      // refuses, all fail.
      if (group.length === 1 || error instanceof HttpError)
        for (const { reject } of group) reject(httpErrorOf(error));
      else for (const one of group) await commit([one]);
    }
  }

  return {
    flush,
    waiting: () => unfinished,
    lastMs: () => lastMs,
    add(batch) {
      return new Promise((resolve, reject) => {
        unfinished += 1;
        waiting.push({ batch, resolve, reject });
        if (waiting.length === FLUSH_ROWS) void flush();
        else timer ??= setTimeout(() => void flush(), FLUSH_MS);
      });
    },
  };
}

/**
 * A shape mismatch is permanent, so refuse the batch. "Retry later" would block everything else its
 * sender has to send.
 */
function httpErrorOf(error: unknown): unknown {
  return error instanceof ProfileError
    ? new HttpError(
        422,
        'INVALID_INPUT',
        `The batch cannot be added to what was counted before. ${error.message}`,
      )
    : error;
}
