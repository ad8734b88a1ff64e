import { latencyQuantile, STAGES } from '@perigee/profile';
import type { FastifyInstance } from 'fastify';
import { fleetOf } from '../../analysis/fleet.ts';
import { windowQuery } from '../../analysis/read-fleet.ts';
import { checkSlice } from './check-slice.ts';
import type { Sources } from '../../analysis/read-fleet.ts';
import { sum } from '../../sum.ts';
import { parseWindow } from './parse-window.ts';
import type { LatencyAnswer } from '../../api.ts';
import { groupBy } from '../../analysis/group-by.ts';
import { modelSchema } from './query.ts';
import type { ModelRequest } from './query.ts';

/** GET /v1/models/:name/latency: percentiles by version, backend and stage. */
export function registerLatency(app: FastifyInstance, sources: Sources): void {
  app.get<ModelRequest>(
    '/v1/models/:name/latency',
    { schema: modelSchema },
    async ({ params, query }): Promise<LatencyAnswer> => {
      const window = parseWindow(query, Date.now());
      await checkSlice(sources, params.name, query, window);
      const profiles = await sources.store.sums(windowQuery(params.name, query, window), [
        'backend',
      ]);
      // Drop the histograms that depend on the reference: latencies counted against different
      // references can be added.
      const parts = groupBy(
        profiles.map((one) => ({
          ...one,
          features: [],
          labels: new Float64Array(),
          scores: new Float64Array(),
          values: new Float64Array(),
        })),
        ({ key }) => JSON.stringify([key.version, key.backend]),
      );
      return { model: params.name, rows: [...parts.values()].flatMap(rowsOf) };
    },
  );
}

function rowsOf(profiles: Parameters<typeof fleetOf>[0]): LatencyAnswer['rows'][number][] {
  const { total, rawShare = 1 } = fleetOf(profiles) ?? {};
  const { key, latency } = total ?? {};
  return STAGES.flatMap((stage, i) => {
    const histogram = latency?.[i] ?? new Float64Array();
    const count = sum(histogram);
    if (!key || count === 0) return [];
    return [
      {
        version: key.version,
        backend: key.backend,
        stage,
        count,
        p50Ms: latencyQuantile(histogram, 0.5),
        p90Ms: count * rawShare < 10 ? null : latencyQuantile(histogram, 0.9),
        p99Ms: count * rawShare < 100 ? null : latencyQuantile(histogram, 0.99),
      },
    ];
  });
}
