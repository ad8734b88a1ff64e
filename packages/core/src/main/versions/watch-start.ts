import type { ErrorCode } from '../../error.ts';
import type { MainBundle } from '../main-bundle.ts';
import type { Updater } from '../perigee-state.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import type { Guard } from './open-version.ts';

/** Worker failures that the version may have caused. */
const CRASHES: ReadonlySet<ErrorCode | undefined> = new Set<ErrorCode>([
  'WORKER_CRASHED',
  'OUT_OF_MEMORY',
  'DEVICE_LOST',
]);

type Platform = Pick<Runtime, 'onExit' | 'onLifecycle'>;

interface State {
  readonly main: Pick<MainBundle, 'codeOf'>;
  readonly runtime: Platform;
}

interface Watched {
  readonly ref: string;
  readonly version: string;
  readonly variant: string;
}

/**
 * Watches steps in which a version on probation may take down its process or page. During a step, a
 * mark is in the store. If nothing removed the mark, the next start finds it.
 */
export function watchStart(
  { main, runtime }: State,
  updater: Updater,
  { ref, version, variant }: Watched,
): Guard {
  const { connection, page } = updater;
  let steps = 0;
  let hasFailed = false;
  let begun: Promise<() => Promise<void>> | undefined;

  /** If the mark cannot be written, the step runs anyway. */
  const begin = async (): Promise<() => Promise<void>> => {
    // The page may be left before it learns that the mark was written. If the code for that cannot
    // be imported, leaving the page removes no mark.
    const stop = await takeBackWhenLeft(runtime, updater, true).catch(() => undefined);
    const token = await connection
      .call('beginStart', ref, { version, variant }, page)
      .catch(() => undefined);
    return async () => {
      if (token !== undefined)
        await connection.call('endStart', token, hasFailed).catch(() => undefined);
      noteLeft(page, false);
      stop?.();
    };
  };

  return async (work) => {
    if (steps++ === 0) {
      hasFailed = false;
      begun = begin();
    }
    let end: Awaited<typeof begun>;
    try {
      end = await begun;
      return await work();
    } catch (error) {
      hasFailed ||= CRASHES.has(main.codeOf(error));
      throw error;
    } finally {
      // Do not wait for this write. Until it is done, leaving the page removes the mark.
      if (--steps === 0) void end?.();
    }
  };
}

/** Limits a guard to the steps until the first success. */
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
 * Removes the marks when the page is left or the process exits, because then the model did not take
 * it down.
 * @param isMarked whether the store may have a mark of this page
 * @returns a function that stops this
 */
export async function takeBackWhenLeft(
  runtime: Platform,
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

/**
 * Notes in localStorage, which is synchronous, that the page was left. The updater may have ended
 * or may end before it has written that.
 */
function noteLeft(page: string, isLeft: boolean): void {
  try {
    if (isLeft) localStorage.setItem(LEFT + page, '1');
    else localStorage.removeItem(LEFT + page);
  } catch {
    // localStorage is blocked or absent. The message to the updater must suffice.
  }
}

/** Returns the pages that were left, and forgets them. */
export function takeLeft(): readonly string[] {
  try {
    const names = Object.keys(localStorage).filter((name) => name.startsWith(LEFT));
    for (const name of names) localStorage.removeItem(name);
    return names.map((name) => name.slice(LEFT.length));
  } catch {
    return [];
  }
}
