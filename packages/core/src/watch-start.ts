import type { ErrorCode } from './error.ts';
import type { Guard } from './model.ts';
import type { Updater, VersionContext } from './versions.ts';

/** Ends of a worker that a version may be the cause of. */
const CRASHES: ReadonlySet<ErrorCode | undefined> = new Set<ErrorCode>([
  'WORKER_CRASHED',
  'OUT_OF_MEMORY',
  'DEVICE_LOST',
]);

interface Watched {
  readonly ref: string;
  readonly version: string;
  readonly variant: string;
}

/**
 * Watches steps in which a version on probation may take its process or page down with it. While one
 * is made, a mark stands in the store; the next start finds it if nothing took it back.
 */
export function watchStart(
  { runtime }: Pick<VersionContext, 'runtime'>,
  updater: Updater,
  { ref, version, variant }: Watched,
): Guard {
  const { connection, page } = updater;
  let steps = 0;
  let hasFailed = false;
  let begun: Promise<() => Promise<void>> | undefined;

  /** A mark that cannot be written keeps nobody from predicting. */
  const begin = async (): Promise<() => Promise<void>> => {
    // The page may be left before it hears that the mark was written.
    const stop = await takeBackWhenLeft(runtime, updater, true);
    const token = await connection.call('beginStart', ref, { version, variant }, page)
      .catch(() => undefined);
    return async () => {
      if (token !== undefined)
        await connection.call('endStart', token, hasFailed).catch(() => undefined);
      noteLeft(page, false);
      stop();
    };
  };

  return async (work) => {
    if (steps++ === 0) {
      hasFailed = false;
      begun = begin();
    }
    const end = await begun;
    try {
      return await work();
    } catch (error) {
      hasFailed ||= CRASHES.has((error as { code?: ErrorCode } | null)?.code);
      throw error;
    } finally {
      // Nobody waits for that: until it is written, leaving takes the mark back.
      if (--steps === 0) void end?.();
    }
  };
}

/** A guard that watches steps until the first one that succeeds. */
export function watchFirst(guard: Guard): Guard {
  let isOver = false;
  return async (work) => {
    if (isOver) return work();
    return guard(work).then((answer) => {
      isOver = true;
      return answer;
    });
  };
}

/**
 * A page that is left, or a process that exits, did not die of its model.
 * @param isMarked whether a mark of this page may stand in the store
 * @returns the function that stops it
 */
export async function takeBackWhenLeft(
  runtime: VersionContext['runtime'],
  { connection, page }: Updater,
  isMarked = false,
): Promise<() => void> {
  const leave = (done: Int32Array | null): void =>
    void connection.call('leave', done).catch(() => undefined);
  if (runtime.onExit) return runtime.onExit(leave);
  return runtime.onLifecycle((signal) => {
    if (signal !== 'hidden') return;
    if (isMarked) noteLeft(page, true);
    leave(null);
  });
}

const LEFT = 'perigee:left:';

/** The updater of a page that is left may end before it has written that, or have ended; this is written at once. */
function noteLeft(page: string, isLeft: boolean): void {
  try {
    if (isLeft) localStorage.setItem(LEFT + page, '1');
    else localStorage.removeItem(LEFT + page);
  } catch {
    // Blocked, or a worker: what the page tells its updater has to do.
  }
}

/** The pages that were left, once. */
export function takeLeft(): readonly string[] {
  try {
    const names = Object.keys(localStorage).filter((name) => name.startsWith(LEFT));
    for (const name of names) localStorage.removeItem(name);
    return names.map((name) => name.slice(LEFT.length));
  } catch {
    return [];
  }
}
