import type { FastifyInstance } from 'fastify';
import type { DriftOptions } from '../../analysis/drift.ts';
import { readSums, windowQuery } from '../../analysis/read-fleet.ts';
import { referenceOf } from '../../published-models.ts';
import { versionOf } from './open-window.ts';
import type { Sources } from '../../analysis/read-fleet.ts';
import { parseWindow } from './parse-window.ts';
import { retrainingOf } from '../../export/retraining.ts';
import type { RetrainingFile } from '../../export/retraining-file.ts';
import { HttpError } from '../../http/http-error.ts';
import { attachment } from './export.ts';
import { modelSchema } from './query.ts';
import type { ModelRequest } from './query.ts';

/** GET /v1/models/:name/retraining: describes the drift of a window, for a training job. */
export function registerRetraining(
  app: FastifyInstance,
  { store, publishedModels, minDevices }: Sources,
  drift: DriftOptions,
): void {
  app.get<ModelRequest>(
    '/v1/models/:name/retraining',
    { schema: modelSchema },
    async ({ params: { name }, query }, reply): Promise<RetrainingFile> => {
      const version = await versionOf(store, name, query.version);
      const reference = await referenceOf(publishedModels, name, version);
      const window = parseWindow(query, Date.now());
      const profiles = await readSums(store, windowQuery(name, { version }, window), reference.id, [
        'segment',
        'group',
      ]);
      const file = retrainingOf({
        model: name,
        version,
        from: window.from,
        to: window.to,
        reference,
        profiles,
        minDevices,
        drift,
      });
      if (!file) {
        const exception =
          profiles.length === 0
            ? ''
            : ' but what devices randomised, of which no weights can be told';
        throw new HttpError(
          404,
          'NO_DATA',
          `Nothing was counted for ${name}@${version} from ${window.from} to ` +
            `${window.to}${exception}.`,
        );
      }
      void reply.header('content-disposition', attachment([name, version, 'retraining'], 'json'));
      return file;
    },
  );
}
