import { latencyQuantile, STAGES } from '@perigee/profile';
import type { Profile } from '@perigee/profile';
import type { FastifyInstance } from 'fastify';
import { parseWindow } from '../analysis/window.ts';
import type { LatencyAnswer } from '../api.ts';
import type { CollectorStore } from '../store/store.ts';
import { modelSchema } from './query.ts';
import type { ModelRequest } from './query.ts';

/** GET /v1/models/:name/latency: percentiles by version, backend and stage. */
export function registerLatency(app: FastifyInstance, store: CollectorStore): void {
  app.get<ModelRequest>('/v1/models/:name/latency', { schema: modelSchema }, async ({ params, query }): Promise<LatencyAnswer> => {
    const { fromHour, toHour } = parseWindow(query, Date.now());
    const profiles = await store.sums({ model: params.name, fromHour, toHour, ...(query.version !== undefined && { version: query.version }) }, ['backend']);
    const groups = new Map<string, { version: string; backend: string; latency: Float64Array[] }>();
    for (const { key, latency } of profiles) {
      const name = `${key.version} ${key.backend}`;
      const group = groups.get(name) ?? { version: key.version, backend: key.backend, latency: STAGES.map(() => new Float64Array(latency[0]?.length ?? 0)) };
      groups.set(name, { ...group, latency: group.latency.map((sum, stage) => sum.map((count, i) => count + (latency[stage]?.[i] ?? 0))) });
    }
    return { model: params.name, rows: [...groups.values()].flatMap(rowsOf) };
  });
}

function rowsOf({ version, backend, latency }: { version: string; backend: string; latency: Profile['latency'] }): LatencyAnswer['rows'][number][] {
  return STAGES.flatMap((stage, i) => {
    const histogram = latency[i] ?? new Float64Array();
    const count = histogram.reduce((sum, n) => sum + n, 0);
    if (count === 0) return [];
    return [{ version, backend, stage, count, p50Ms: latencyQuantile(histogram, 0.5), p90Ms: latencyQuantile(histogram, 0.9), p99Ms: latencyQuantile(histogram, 0.99) }];
  });
}
