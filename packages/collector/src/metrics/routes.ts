import type { FastifyInstance } from 'fastify';
import type { Alert } from '../alerts/alert.ts';
import type { Counts } from './counts.ts';
import { renderMetrics } from './prometheus.ts';
import type { Gauges } from './prometheus.ts';

export interface MetricsSources {
  readonly counts: Counts;
  /** Firing and pending ones. Default: none. */
  readonly alerts?: () => Promise<readonly Alert[]>;
  /** What the analysis last found; must be at hand, a scrape waits for no analysis. Default: nothing. */
  readonly gauges?: () => Promise<Gauges>;
  /** Default Date.now. */
  readonly now?: () => number;
}

/** GET /metrics: Prometheus' text format. */
export function registerMetrics(app: FastifyInstance, { counts, alerts = async () => [], gauges = async () => ({ featureDrift: [], estimatedAccuracy: [] }), now = Date.now }: MetricsSources): void {
  app.get('/metrics', async (_request, reply) => {
    const data = { counts, alerts: await alerts(), gauges: await gauges(), nowMs: now() };
    void reply.header('content-type', 'text/plain; version=0.0.4; charset=utf-8').header('cache-control', 'no-store');
    return renderMetrics(data);
  });
}
