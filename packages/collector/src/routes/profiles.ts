import type { FastifyInstance } from 'fastify';
import type { AckAnswer } from '../api.ts';
import { checkBatch } from '../ingest/check.ts';
import type { Committer } from '../ingest/committer.ts';
import { decodeUpload } from '../ingest/decode.ts';
import type { References } from '../references.ts';
import { Refusal } from '../refusal.ts';

/** POST /v1/profiles: decode ▸ check ▸ commit ▸ ack. A batch that is known already is a success too: its sender only missed the ack. */
export function registerProfiles(app: FastifyInstance, { committer, references, limit }: { committer: Committer; references: References | null; limit: (address: string) => void }): void {
  app.post('/v1/profiles', async (request, reply): Promise<AckAnswer> => {
    limit(request.ip);
    if (!(request.body instanceof Uint8Array) || request.body.byteLength === 0) throw new Refusal(400, 'WRONG_CONTENT', 'The body must be one frame of bytes.');
    const batch = await decodeUpload(request.body);
    await checkBatch(batch, references, Date.now());
    const isNew = await committer.add(batch);
    void reply.code(202);
    return { ack: [batch.batchId], duplicate: !isNew };
  });
}
