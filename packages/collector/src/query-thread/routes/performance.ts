import type { FastifyInstance } from 'fastify';
import { judgeDrift, largestFirst, movedFeatures } from '../../analysis/drift.ts';
import type { DriftOptions } from '../../analysis/drift.ts';
import { fleetOf } from '../../analysis/fleet.ts';
import {
  accuracyOf,
  estimatedPerformance,
  measuredPerformance,
  rmseOf,
} from '../../analysis/performance.ts';
import { readSums } from '../../analysis/read-fleet.ts';
import { openWindow } from './open-window.ts';
import type { Sources } from '../../analysis/read-fleet.ts';
import { hourText } from '../../analysis/window.ts';
import type { PerformanceAnswer } from '../../api-quality.ts';
import { labelledIn } from '../../confusion.ts';
import { groupBy as group } from '../../analysis/group-by.ts';
import { modelSchema } from './query.ts';
import type { ModelRequest } from './query.ts';

/**
 * GET /v1/models/:name/performance: measured from feedback and estimated from confidence, where
 * available; by slice and over time.
 */
export function registerPerformance(
  app: FastifyInstance,
  sources: Sources,
  options: DriftOptions,
): void {
  app.get<ModelRequest>(
    '/v1/models/:name/performance',
    { schema: modelSchema },
    async ({ params: { name }, query }): Promise<PerformanceAnswer> => {
      const {
        version,
        reference: { id, profile },
        window,
        where,
        fleet,
      } = await openWindow(sources, name, query);
      const by = (query.by ?? 'segment') as 'segment' | 'backend' | 'browser';
      const sliced = group(
        await readSums(sources.store, where, id, [by, 'group']),
        ({ key }) => key[by],
      );
      const hourly = group(await readSums(sources.store, where, id, ['hour', 'group']), ({ key }) =>
        hourText(key.hour),
      );
      const estimated = estimatedPerformance(fleet, profile);
      const features = largestFirst(judgeDrift(fleet, profile, options).features);
      const namesOf = (some: typeof features): string[] => some.map((feature) => feature.name);
      const drifted = namesOf(movedFeatures(features));
      const unjudged = namesOf(features.filter(({ verdict }) => verdict === 'too-little-data'));
      return {
        model: name,
        version,
        from: window.from,
        to: window.to,
        measured: measuredPerformance(fleet, profile),
        leftOutGroups: fleet.leftOut,
        estimated: estimated && { ...estimated, drifted, unjudged },
        slices: Array.from(sliced, ([slice, profiles]) => ({
          slice,
          part: fleetOf(profiles),
        })).flatMap(({ slice, part }) =>
          part && part.devices >= sources.minDevices
            ? [
                {
                  name: slice,
                  count: part.total.predictions,
                  accuracy: accuracyOf(part.groups, part.rawShare),
                  rmse: rmseOf(part, profile),
                  estimatedAccuracy: estimatedPerformance(part, profile)?.accuracy ?? null,
                },
              ]
            : [],
        ),
        timeline: Array.from(hourly, ([hour, profiles]) => ({ hour, part: fleetOf(profiles) }))
          .flatMap(({ hour, part }) =>
            part
              ? [
                  {
                    hour,
                    measured: accuracyOf(part.groups)?.value ?? null,
                    estimated: estimatedPerformance(part, profile)?.accuracy.value ?? null,
                    labelled: labelledIn(part.total) + part.total.regression.count,
                  },
                ]
              : [],
          )
          .toSorted((a, b) => (a.hour < b.hour ? -1 : 1)),
      };
    },
  );
}
