import type { CollectorStore } from './store.ts';

const HOUR_MS = 3_600_000;
/** If no device has sent anything for longer than this, the clock may be wrong. */
const MAX_AHEAD_HOURS = 31 * 24;

/**
 * Rolls up and deletes old data, unless the clock is far ahead of the newest count: data deleted
 * because of a wrong clock is lost. Resolves to true if it ran.
 */
export async function keepUp(
  store: CollectorStore,
  nowMs: number,
  logger: Pick<Console, 'error'>,
): Promise<boolean> {
  const newest = await store.newestHour();
  if (newest !== undefined && Math.floor(nowMs / HOUR_MS) - newest > MAX_AHEAD_HOURS) {
    const [now, last] = [nowMs, newest * HOUR_MS].map((ms) => new Date(ms).toISOString());
    logger.error(
      `Old counts are kept: by this machine's clock it is ${now}, and the last count is of ` +
        `${last}. If the clock is right, they are deleted once a device sends again; else set ` +
        'it right.',
    );
    return false;
  }
  await store.maintain(nowMs);
  return true;
}
