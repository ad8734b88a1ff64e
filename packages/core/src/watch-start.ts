import type { ErrorCode } from './error.ts';
import type { Guard } from './model.ts';
import type { Updater, VersionContext } from './versions.ts';

/** Ends of a worker that a version may be the cause of. */
const CRASHES: ReadonlySet<ErrorCode | undefined> = new Set<ErrorCode>(['WORKER_CRASHED', 'OUT_OF_MEMORY', 'DEVICE_LOST']);

interface Watched {
  readonly ref: string;
  readonly version: string;
  readonly variant: string;
}

/**
 * Watches steps in which a version on probation may take its process or page down with it. While one
 * is made, a mark stands in the store; the next start finds it if nothing took it back.
 */
export function watchStart({ runtime }: Pick<VersionContext, 'runtime'>, updater: Updater, { ref, version, variant }: Watched): Guard {
  const { connection } = updater;
  let steps = 0;
  let hasFailed = false;
  let begun: Promise<() => Promise<void>> | undefined;

  /** A mark that cannot be written keeps nobody from predicting. */
  const begin = async (): Promise<() => Promise<void>> => {
    const stop = await takeBackWhenLeft(runtime, updater);
    const token = await connection.call('beginStart', ref, { version, variant }).catch(() => undefined);
    return async () => {
      if (token !== undefined) await connection.call('endStart', token, hasFailed).catch(() => undefined);
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

/** The same, until the first step that succeeds. */
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

/** A page that is left, or a process that exits, did not die of its model. Resolves to the function that stops it. */
export async function takeBackWhenLeft(runtime: VersionContext['runtime'], { connection }: Updater): Promise<() => void> {
  const leave = (done: Int32Array | null): void => void connection.call('leave', done).catch(() => undefined);
  const stopExit = runtime.onExit?.(leave);
  const stopLifecycle = await runtime.onLifecycle((signal) => {
    if (signal === 'hidden') leave(null);
  });
  return () => {
    stopExit?.();
    stopLifecycle();
  };
}
