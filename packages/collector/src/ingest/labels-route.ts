import type { FastifyInstance } from 'fastify';
import { referenceOf } from '../published-models.ts';
import type { LabelsAnswer } from '../api.ts';
import { checkIngestKey } from '../http/auth.ts';
import { checkHour } from './check.ts';
import { checkLabels, parseLabels, uploadsOf } from './labels.ts';
import type { Ingest } from './profiles-route.ts';

const MAX_BYTES = 1024 * 1024;
const LABELS_AT_ONCE = 20;

/**
 * POST /v1/labels: feedback that arrives later, by prediction id, from a service with an ingest
 * key. Each id counts once.
 */
export function registerLabels(
  app: FastifyInstance,
  {
    committer,
    publishedModels,
    limit,
    auth,
  }: Pick<Ingest, 'committer' | 'publishedModels' | 'limit' | 'auth'>,
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
        await limit.take(request);
        checkIngestKey(request, auth);
        const labels = parseLabels(request.body);
        for (const { hour } of labels.labels) checkHour(hour, Date.now());
        const reference = await referenceOf(publishedModels, labels.model, labels.version);
        checkLabels(labels, reference.profile);
        let counted = 0;
        // Each label is a whole profile. A few at a time keep other uploads and memory going.
        for (let at = 0; at < labels.labels.length; at += LABELS_AT_ONCE) {
          const some = { ...labels, labels: labels.labels.slice(at, at + LABELS_AT_ONCE) };
          const uploads = uploadsOf(some, reference);
          const isNew = await Promise.all(uploads.map((upload) => committer.add(upload)));
          counted += isNew.filter(Boolean).length;
        }
        void reply.code(202);
        return { counted, known: labels.labels.length - counted };
      },
    );
  });
}
