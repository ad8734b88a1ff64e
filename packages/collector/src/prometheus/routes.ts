import type { FastifyInstance } from 'fastify';
import type { Alert } from '../alerts/alert.ts';
import type { Counts } from './counts.ts';
import { renderMetrics } from './prometheus.ts';
import type { Gauges } from './prometheus.ts';

export interface MetricsSources {
  readonly counts: Counts;
  /** Firing and pending alerts. Default: none. */
  readonly alerts?: () => Promise<readonly Alert[]>;
  /**
   * Results of the latest analysis. Must return at once: a scrape does not wait for an analysis.
   * Default: none.
   */
  readonly gauges?: () => Promise<Gauges>;
  /** Default: Date.now. */
  readonly now?: () => number;
}

/** GET /metrics: the Prometheus text format. */
export function registerMetrics(
  app: FastifyInstance,
  {
    counts,
    alerts = async () => [],
    gauges = async () => ({ featureDrift: [], estimatedAccuracy: [] }),
    now = Date.now,
  }: MetricsSources,
): void {
  app.get('/metrics', async (_request, reply) => {
    const data = { counts, alerts: await alerts(), gauges: await gauges(), nowMs: now() };
    void reply
      .header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
      .header('cache-control', 'no-store');
    return renderMetrics(data);
  });
}
