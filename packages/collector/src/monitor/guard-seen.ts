import type { FastifyInstance } from 'fastify';
import type { CollectorStore, StoreReader } from '../store/store.ts';

const KIND = 'guard';
/** A guard asks once a minute; so often need not be noted. */
const EVERY_MS = 60_000;
/** How `perigee guard` names itself. */
const GUARD = /^perigee-guard\b/;

/** Notes when a guard asks for a comparison, so that people see whether one watches. */
export function noteGuards(
  app: FastifyInstance,
  store: Pick<CollectorStore, 'put'>,
  logger: Pick<Console, 'error'>,
): void {
  let notedMs = 0;
  app.addHook('onResponse', async ({ headers, url }, { statusCode }) => {
    const nowMs = Date.now();
    if (statusCode === 401 || nowMs - notedMs < EVERY_MS) return;
    if (!url.includes('/compare?') || !GUARD.test(headers['user-agent'] ?? '')) return;
    notedMs = nowMs;
    await store
      .put(KIND, 'seen', {}, nowMs)
      .catch((error: unknown) => logger.error('That a guard asked could not be noted.', error));
  });
}

/** When a guard last asked, in ms since the epoch; null if none did. */
export async function guardSeenAt(store: Pick<StoreReader, 'list'>): Promise<number | null> {
  return (await store.list(KIND, 1))[0]?.atMs ?? null;
}
