import type { Guard } from './open-version.ts';

/**
 * The most time that the first answers of a first version wait until it is active. The store
 * usually has it before its golden samples pass, and it is active before the first run ends.
 */
const HELD_MS = 250;

/**
 * Holds answers until the version is active, so that a browser that is closed right after an answer
 * finds the version at the next visit.
 */
export function heldUntil(activated: Promise<void>): Guard {
  let isOver = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, HELD_MS)));
  const over = Promise.race([activated, late])
    // The one who activates reports a failure.
    .catch(() => undefined)
    .finally(() => {
      isOver = true;
      clearTimeout(timer);
    });
  return async (work) => {
    const answer = await work();
    if (!isOver) await over;
    return answer;
  };
}
