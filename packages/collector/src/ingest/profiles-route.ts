import type { FastifyInstance } from 'fastify';
import type { AckAnswer } from '../api.ts';
import { checkSender } from '../http/auth.ts';
import type { AuthOptions } from '../http/auth.ts';
import type { Admit } from './admission.ts';
import { boundedLosses, checkBatch } from './check.ts';
import type { Committer } from './committer.ts';
import { decodeUpload } from './decode.ts';
import type { Mismatches } from './mismatches.ts';
import { hasOldWindow } from './old-windows.ts';
import type { RateLimit } from '../http/rate-limit.ts';
import type { CheckSampling } from './sampling.ts';
import type { PublishedModels } from '../published-models.ts';
import type { CollectorStore } from '../store/store.ts';
import { HttpError } from '../http/http-error.ts';
import { UPLOADS_PATH } from '../http/uploads-path.ts';

export interface Ingest {
  readonly committer: Committer;
  readonly publishedModels: PublishedModels | null;
  readonly limit: RateLimit;
  readonly oldWindowLimit: RateLimit;
  readonly isStored: CollectorStore['isStored'];
  readonly checkSampling: CheckSampling;
  readonly admit: Admit;
  readonly mismatches: Mismatches;
  /** Origins whose pages may upload; undefined for any. */
  readonly allowedOrigins: readonly string[] | undefined;
  readonly auth: AuthOptions;
}

/**
 * POST /v1/profiles: decode ▸ check ▸ commit ▸ acknowledge. A batch that was stored before succeeds
 * too: its sender missed the acknowledgement.
 */
export function registerProfiles(
  app: FastifyInstance,
  {
    committer,
    publishedModels,
    limit,
    oldWindowLimit,
    isStored,
    checkSampling,
    admit,
    mismatches,
    allowedOrigins,
    auth,
  }: Ingest,
): void {
  app.post(UPLOADS_PATH, async (request, reply): Promise<AckAnswer> => {
    await limit.take(request);
    checkSender(request, auth, allowedOrigins);
    if (!(request.body instanceof Uint8Array) || request.body.byteLength === 0)
      throw new HttpError(400, 'WRONG_CONTENT', 'The body must be one frame of bytes.');
    const batch = await decodeUpload(request.body);
    checkSampling(batch);
    const isNew = await admit(batch, async () => {
      await checkBatch(batch, publishedModels, Date.now()).catch(mismatches.noting);
      if (hasOldWindow(batch, Date.now())) {
        // The sender of a batch that was stored before missed the acknowledgement.
        if (await isStored(batch.batchId)) return false;
        await oldWindowLimit.take(request);
      }
      return committer.add({ ...batch, lost: boundedLosses(batch.lost) });
    });
    void reply.code(202);
    return { ack: [batch.batchId], duplicate: !isNew };
  });
}
