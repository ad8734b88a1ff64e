import type { FastifyInstance } from 'fastify';
import { referenceOf } from '../analysis/read-fleet.ts';
import type { LabelsAnswer } from '../api.ts';
import { checkIngestKey } from '../http/auth.ts';
import { checkHour } from './check.ts';
import { parseLabels, uploadsOf } from './labels.ts';
import type { Ingest } from './profiles-route.ts';

const MAX_BYTES = 1024 * 1024;

/**
 * POST /v1/labels: feedback that arrives later, by prediction id, from a service with an ingest
 * key. Each id counts once.
 */
export function registerLabels(
  app: FastifyInstance,
  {
    committer,
    references,
    limit,
    auth,
  }: Pick<Ingest, 'committer' | 'references' | 'limit' | 'auth'>,
): void {
  // A scope of its own: here JSON is parsed, while the other upload routes accept bytes only.
  void app.register(async (scope) => {
    scope.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) =>
      done(null, body),
    );
    scope.post(
      '/v1/labels',
      { bodyLimit: MAX_BYTES },
      async (request, reply): Promise<LabelsAnswer> => {
        limit.take(request.ip);
        checkIngestKey(request, auth);
        const labels = parseLabels(request.body);
        for (const { hour } of labels.labels) checkHour(hour, Date.now());
        const reference = await referenceOf(references, labels.model, labels.version);
        const isNew = await Promise.all(
          uploadsOf(labels, reference).map((upload) => committer.add(upload)),
        );
        const counted = isNew.filter(Boolean).length;
        void reply.code(202);
        return { counted, known: isNew.length - counted };
      },
    );
  });
}
